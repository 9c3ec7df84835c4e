// Texts come from the server's catalogue, in the reader's language, as a data block on every page.

let words: Record<string, string> | undefined;

/** A text by its name under "js" in the catalogue; {placeholders} are filled in. */
export function word(name: string, values: Record<string, string | number> = {}): string {
  if (!words) {
    const block = document.getElementById("words");
    words = block ? (JSON.parse(block.textContent ?? "{}") as Record<string, string>) : {};
  }
  return fill(words[name] ?? name, values);
}

export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
