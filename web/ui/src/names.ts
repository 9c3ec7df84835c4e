// Names shorten in the middle, so that the ending (_Am_92.wav) stays readable. view.SplitName is the twin of this.

const maxTail = 18;
const hardTail = 12;

export function splitName(name: string): { head: string; tail: string } {
  const chars = [...name];
  let stem = chars.length;
  for (let i = chars.length - 1; i > 0 && chars.length - i <= 6; i--) {
    if (chars[i] === ".") {
      stem = i;
      break;
    }
  }
  const separator = (i: number): boolean => "_- ".includes(chars[i] ?? "x");
  let cut = 0;
  for (let i = stem - 1, seen = 0; i > 0 && seen < 2; i--) {
    if (!separator(i) || separator(i - 1)) continue;
    if (chars.length - i > maxTail) break;
    cut = i;
    seen++;
  }
  if (cut === 0) {
    if (chars.length <= maxTail) return { head: name, tail: "" };
    cut = chars.length - hardTail;
    while (cut > 0 && /[\p{M}\u200d]/u.test(chars[cut] ?? "")) cut--;
  }
  return { head: chars.slice(0, cut).join(""), tail: chars.slice(cut).join("") };
}

/** Fills a .row-name link as the server does. */
export function showName(link: HTMLElement, name: string): void {
  const { head, tail } = splitName(name);
  const part = (text: string): HTMLElement => {
    const i = document.createElement("i");
    i.setAttribute("aria-hidden", "true");
    i.textContent = text;
    return i;
  };
  const whole = document.createElement("span");
  whole.className = "vh";
  whole.textContent = name;
  link.replaceChildren(part(head), part(tail), whole);
  link.title = name;
  link.dir = "auto";
}
