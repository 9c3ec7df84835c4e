// Decodes ahead what is likely to be pressed next: the sound under a resting pointer or with the focus, and the two
// after the one that plays.
import { listOf, trackOf, type Track } from "../track";
import { decoded, isShort, isWarm } from "./decode";
import { player } from "./player";

const rest = 150; // ms

interface Connection {
  saveData?: boolean;
}

function warm(tracks: (Track | undefined)[]): void {
  if ((navigator as Navigator & { connection?: Connection }).connection?.saveData) return;
  for (const track of tracks) {
    if (track && track.sale !== "gone" && isShort(track) && !isWarm(track)) void decoded(track).catch(() => undefined);
  }
}

let after: ReturnType<typeof setTimeout> | undefined;
player.on("change", () => {
  clearTimeout(after);
  if (player.status !== "playing") return;
  after = setTimeout(() => {
    const at = player.index;
    warm([player.list[at + 1], player.list[at + 2]]);
  }, rest);
});

let under: Element | null = null;
let resting: ReturnType<typeof setTimeout> | undefined;
function settle(element: Element | null, alsoNext: boolean): void {
  if (element === under) return;
  under = element;
  clearTimeout(resting);
  if (!element) return;
  resting = setTimeout(() => {
    const track = trackOf(element);
    if (!track) return;
    const list = alsoNext ? listOf(element) : [track];
    const at = list.findIndex((t) => t.id === track.id);
    warm(list.slice(at, at + 3));
  }, rest);
}
document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse") settle((event.target as Element).closest("[data-track]"), false);
});
document.addEventListener("focusin", (event) => settle((event.target as Element).closest("[data-track]"), true));
