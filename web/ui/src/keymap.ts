// Which key does what. Pure, so that it can be tested; player/keyboard.ts acts on it.

export type KeyAction =
  | "toggle" | "up" | "down" | "back" | "forward" | "previous" | "pause" | "next" | "open" | "like" | "crate" | "cart"
  | "loop" | "tick" | "mute" | "search" | "help" | "close" | { pad: number };

export interface KeyContext {
  typing: boolean; // the focus is in a field
  inList: boolean; // the focus is in a list of sounds
  onPlay: boolean; // on the ▶ of a row
  onButton: boolean; // on something that takes Space itself
  onSlider: boolean; // on something that takes arrow keys itself
  dialog: boolean; // a dialog is open
  playable: boolean; // there is a sound in the player
  single: boolean; // single keys are on
  modified: boolean; // with Ctrl, Alt or Meta
}

export function keyAction(key: string, c: KeyContext): KeyAction | undefined {
  if (c.modified) return undefined;
  if (key === "Escape") return "close";
  if (c.typing || c.dialog) return undefined;
  switch (key) {
    case " ":
      return c.onButton ? undefined : "toggle";
    case "ArrowUp":
      return c.inList && !c.onSlider ? "up" : undefined;
    case "ArrowDown":
      return c.inList && !c.onSlider ? "down" : undefined;
    case "ArrowLeft":
      return c.playable && !c.onSlider ? "back" : undefined;
    case "ArrowRight":
      return c.playable && !c.onSlider ? "forward" : undefined;
    case "Enter":
      return c.inList && c.onPlay ? "open" : undefined;
  }
  if (!c.single) return undefined;
  switch (key.toLowerCase()) {
    case "j":
      return "previous";
    case "k":
      return "pause";
    case "l":
      return "next";
    case "f":
      return "like";
    case "c":
      return "crate";
    case "b":
      return "cart";
    case "r":
      return "loop";
    case "x":
      return "tick";
    case "m":
      return "mute";
    case "/":
      return "search";
    case "?":
      return "help";
  }
  if (/^[1-6]$/.test(key)) return { pad: Number(key) };
  return undefined;
}

/** How far ← and → go, in seconds: one beat, or one second without a tempo. */
export function beat(bpm: number | undefined): number {
  return bpm && bpm > 0 ? 60 / bpm : 1;
}
