// Whatever plays on a page: rows, cards, pads, the large waveform. Presses, the states of player and row, ticks.
// sound_row.html is the markup of a row.
import { player } from "./player/player";
import { decoded, isShort, wake } from "./player/decode";
import { wasHeard } from "./player/heard";
import { elementsOf, listOf, trackOf, type Track } from "./track";
import { whileTrue } from "./frames";
import { word } from "./words";

const loadingAfter = 150; // ms until the ring shows

/** The element with a sound around a node. */
function soundAt(node: EventTarget | null): HTMLElement | undefined {
  return node instanceof Element ? (node.closest<HTMLElement>("[data-track]") ?? undefined) : undefined;
}

// The press begins with the pointer going down: the sound is fetched while the finger is still on its way up.
document.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  const element = soundAt(event.target);
  const track = trackOf(element);
  if (!element || !track || track.sale === "gone" || !isPress(event.target as Element, element)) return;
  wake();
  if (isShort(track)) void decoded(track).catch(() => undefined);
});

document.addEventListener(
  "click",
  (event) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = event.target as Element;
    const element = soundAt(target);
    const track = trackOf(element);
    if (!element || !track) return;
    const wave = target.closest<HTMLElement>("[data-seek]");
    if (wave) {
      event.preventDefault();
      seekIn([...wave.querySelectorAll(".wave")].find((w) => w.clientWidth > 0) ?? wave, event, track, element);
      return;
    }
    if (!isPress(target, element)) return;
    event.preventDefault();
    if (track.sale === "gone") return;
    player.press(track, listOf(element), event.timeStamp || performance.now());
  },
  true,
);

/** A press on ▶, or anywhere in a row that has no job of its own. */
function isPress(target: Element, element: HTMLElement): boolean {
  if (target.closest("[data-play]")) return true;
  if (!element.matches(".row")) return false;
  return !target.closest("a, button, input, label, select, summary, details, form, [popover]");
}

/** A press into the waveform plays from there. */
function seekIn(wave: Element, event: MouseEvent, track: Track, element: HTMLElement): void {
  const box = wave.getBoundingClientRect();
  const at = ((event.clientX - box.left) / box.width) * track.seconds;
  if (player.track?.id === track.id) {
    player.seek(at);
    if (!player.sounding) player.toggle(event.timeStamp);
  } else {
    void player.play(track, listOf(element), at, event.timeStamp);
  }
}

/** Shows in the elements below root what the player does. */
export function paint(root: ParentNode = document): void {
  const now = player.track?.id;
  for (const element of root.querySelectorAll<HTMLElement>("[data-track]")) {
    const track = trackOf(element);
    if (!track) continue;
    const current = track.id === now;
    const playing = current && player.sounding;
    element.classList.toggle("is-playing", current && player.status !== "broken");
    element.classList.toggle("is-on", playing);
    element.classList.toggle("is-heard", !current && wasHeard(track.id));
    if (track.sale !== "gone") {
      const broken = current && player.status === "broken";
      element.classList.toggle("is-broken", broken);
      showReason(element, broken ? word("broken", { reason: word(`broken_${player.reason}`) }) : "");
    }
    const key = element.querySelector<HTMLElement>("[data-play]");
    if (key) {
      key.querySelector("use[href='#i-play'], use[href='#i-pause']")?.setAttribute("href", playing ? "#i-pause" : "#i-play");
      if (element.matches(".row, .pad")) key.setAttribute("aria-label", word(playing ? "pause" : "play", { name: track.name }));
    }
    for (const wave of element.querySelectorAll<SVGElement>(".wave")) fillWave(wave, current);
  }
}

/** The reason why a sound cannot play, in place of where it comes from. */
function showReason(element: HTMLElement, reason: string): void {
  for (const place of element.querySelectorAll<HTMLElement>(".row-from, .row-facts")) {
    const shown = place.querySelector(":scope > [data-why]");
    if (!reason) {
      shown?.remove();
      continue;
    }
    if (shown) continue;
    const why = document.createElement("span");
    why.className = "row-why";
    why.dataset.why = "";
    why.textContent = reason;
    place.prepend(why);
  }
}

function fillWave(wave: SVGElement, on: boolean): void {
  const done = wave.querySelector(".wave-done");
  if (on && !done) {
    const path = wave.querySelector("path")?.cloneNode() as SVGPathElement | undefined;
    path?.classList.add("wave-done");
    if (path) wave.append(path);
  }
  if (!on) {
    done?.remove();
    wave.style.removeProperty("--at");
  }
}

function moveHeads(): boolean {
  const { track, position, duration } = player;
  if (!track || !duration) return false;
  const at = `${((position / duration) * 100).toFixed(2)}%`;
  for (const wave of document.querySelectorAll<SVGElement>(".is-playing .wave")) wave.style.setProperty("--at", at);
  return player.sounding;
}
const follow = whileTrue(moveHeads);

let ring: ReturnType<typeof setTimeout> | undefined;
player.on("change", () => {
  paint();
  moveHeads();
  follow();
  clearTimeout(ring);
  for (const element of document.querySelectorAll(".is-loading")) element.classList.remove("is-loading");
  if (player.status === "loading" && player.track) {
    const { id } = player.track;
    ring = setTimeout(() => {
      if (player.status === "loading") for (const e of elementsOf(id)) e.classList.add("is-loading");
    }, loadingAfter);
  }
});

// New content shows the player's state before it is seen.
document.addEventListener("turbo:before-render", (event) => paint((event as CustomEvent<{ newBody: HTMLElement }>).detail.newBody));
document.addEventListener("turbo:before-frame-render", (event) => paint((event as CustomEvent<{ newFrame: HTMLElement }>).detail.newFrame));
for (const name of ["turbo:load", "turbo:render", "turbo:frame-render"]) {
  document.addEventListener(name, () => {
    paint();
    moveHeads();
    follow();
  });
}
document.addEventListener("crateful:rows", () => paint());

// An owned sound can be dragged out as a file where the browser allows it.
document.addEventListener("pointerover", (event) => {
  const row = soundAt(event.target);
  if (row?.matches(".row.is-owned") && !row.draggable) row.draggable = true;
});
document.addEventListener("dragstart", (event) => {
  const element = soundAt(event.target);
  const track = trackOf(element);
  if (!track || track.sale !== "owned" || !element?.matches(".row")) return;
  const url = new URL(`/sounds/${encodeURIComponent(track.id)}/download`, location.href).href;
  event.dataTransfer?.setData("DownloadURL", `application/octet-stream:${track.name.replaceAll(":", "_")}:${url}`);
  event.dataTransfer?.setData("text/uri-list", url);
});
