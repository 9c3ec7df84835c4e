// Says things to screen readers.

/** Puts text into the live region; the same text twice is said twice. */
export function announce(text: string): void {
  const region = document.getElementById("say");
  if (!region) return;
  region.textContent = region.textContent === text ? text + "\u00a0" : text;
}
