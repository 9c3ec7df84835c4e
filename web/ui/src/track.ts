// A sound as the player keeps it. view.track in the server's code is its twin.

export interface Track {
  id: string;
  name: string;
  url: string;
  src: string;
  pack: string;
  packUrl: string;
  maker: string;
  makerUrl: string;
  cover?: string;
  type: string;
  key: string;
  tempo: string;
  bpm?: number;
  seconds: number;
  lufs?: number;
  peak?: number;
  packId: string;
  price: string;
  sale: "buy" | "pack" | "owned" | "cart" | "yours" | "gone";
  liked?: boolean;
  wave?: string;
}

const parsed = new WeakMap<Element, { text: string; track: Track | undefined }>();

/** The sound of an element, with the waveform that is drawn in it. */
export function trackOf(element: Element | null | undefined): Track | undefined {
  const text = element?.getAttribute("data-track");
  if (!element || !text) return undefined;
  const before = parsed.get(element);
  if (before?.text === text) return before.track;
  let track: Track | undefined;
  try {
    track = JSON.parse(text) as Track;
    const small = element.querySelector('.wave[viewBox="0 0 288 32"] path');
    if (!track.wave) track.wave = small?.getAttribute("d") ?? "";
  } catch {
    track = undefined;
  }
  parsed.set(element, { text, track });
  return track;
}

/** Writes a changed sound back, so that whoever reads the element next sees it. */
export function updateTrack(element: Element, change: Partial<Track>): void {
  const track = trackOf(element);
  if (track) element.setAttribute("data-track", JSON.stringify({ ...track, ...change }));
}

/** All elements of the page that show a sound. */
export function elementsOf(id: string, root: ParentNode = document): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>("[data-track]")].filter((e) => trackOf(e)?.id === id);
}

/** The list that an element belongs to, in the order of the page; a sound that stands alone is a list of one. */
export function listOf(element: Element): Track[] {
  const list = element.closest("[data-rows], .cards, .lines");
  const elements = list ? [...list.querySelectorAll("[data-track]")] : [element];
  return elements.map(trackOf).filter((t): t is Track => t !== undefined && t.sale !== "gone");
}
