// The keyboard. keymap.ts says which key does what; this does it.
import { add, like } from "../actions";
import { announce } from "../announce";
import { feature } from "../features";
import { beat, keyAction, type KeyContext } from "../keymap";
import { openDialog } from "../dialog";
import { trackOf, type Track } from "../track";
import { word } from "../words";
import { visit } from "@hotwired/turbo";
import { closePanels } from "./bar";
import { player } from "./player";

const place = "crateful.keys";

function singleKeys(): boolean {
  const kept = localStorage.getItem(place);
  if (kept) return kept === "on";
  return document.documentElement.dataset.keys !== "off";
}

function context(event: KeyboardEvent): KeyContext {
  const target = event.target instanceof Element ? event.target : document.body;
  const field = target.closest("input, textarea, select, [contenteditable]:not([contenteditable='false'])");
  const kind = field instanceof HTMLInputElement ? field.type : "";
  const choice = kind === "checkbox" || kind === "radio" || kind === "range" || kind === "button" || kind === "submit";
  return {
    typing: field !== null && !choice,
    inList: target.closest("[data-rows]") !== null,
    onPlay: target.closest("[data-play]") !== null,
    onButton: target.closest("button, summary, input, [role='button']") !== null,
    onSlider: kind === "range" || kind === "radio",
    dialog: document.querySelector("dialog[open]") !== null || document.querySelector("[popover]:popover-open") !== null,
    playable: player.track !== undefined,
    single: singleKeys(),
    modified: event.ctrlKey || event.metaKey || event.altKey,
  };
}

/** The sound that a key means: the one with the focus, else the one in the player. */
function meant(event: Event): Track | undefined {
  const element = event.target instanceof Element ? event.target.closest("[data-track]") : null;
  return trackOf(element) ?? player.track;
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const action = keyAction(event.key, context(event));
  if (!action) return;
  const once = !event.repeat;
  if (typeof action === "object") {
    const pad = document.querySelector(`[data-pad="${action.pad}"] [data-play]`);
    if (!(pad instanceof HTMLElement) || !once) return;
    event.preventDefault();
    pad.click();
    return;
  }
  switch (action) {
    case "toggle":
      if (player.track) player.toggle(event.timeStamp);
      else playFirst();
      break;
    case "up":
    case "down":
      move(event, action === "up" ? -1 : 1);
      break;
    case "back":
    case "forward":
      player.by((action === "back" ? -1 : 1) * beat(player.track?.bpm));
      break;
    case "previous":
      player.step(-1, event.timeStamp);
      break;
    case "next":
      player.step(1, event.timeStamp);
      break;
    case "pause":
      if (once && player.track) player.toggle(event.timeStamp);
      break;
    case "open": {
      const track = meant(event);
      if (track) visit(track.url);
      break;
    }
    case "like": {
      const track = meant(event);
      if (track && once) void like(track);
      break;
    }
    case "crate": {
      const track = meant(event);
      if (track && once) openDialog(`/crates/add?sound=${encodeURIComponent(track.id)}`);
      break;
    }
    case "cart": {
      const track = meant(event);
      if (track && once) void add([track]);
      break;
    }
    case "loop":
      if (!once || !player.track) break;
      player.setLoop(!player.looping);
      announce(word(player.looping ? "loop_on" : "loop_off"));
      break;
    case "tick": {
      const row = (event.target as Element).closest(".row");
      const box = row?.querySelector<HTMLInputElement>("[data-tick]");
      if (!box || !once) return;
      box.click();
      break;
    }
    case "mute":
      if (!once) break;
      player.setVolume(player.volume, !player.muted);
      announce(word(player.muted ? "muted" : "unmuted"));
      break;
    case "search": {
      const fields = [...document.querySelectorAll<HTMLInputElement>("#q, #hq")];
      const field = fields.find((f) => f.offsetParent !== null);
      if (!field) {
        visit("/search");
        break;
      }
      field.focus();
      field.select();
      break;
    }
    case "help":
      openKeys();
      break;
    case "close":
      if (!closePanels()) return;
      break;
  }
  event.preventDefault();
});

/** The row above or below gets the focus and plays. */
function move(event: KeyboardEvent, by: number): void {
  const list = (event.target as Element).closest("[data-rows]");
  const elements = [...(list?.querySelectorAll<HTMLElement>("[data-track]") ?? [])];
  const here = elements.findIndex((e) => e.contains(event.target as Node));
  const to = elements[here + by];
  const key = to?.querySelector<HTMLElement>("[data-play]");
  const track = trackOf(to);
  if (!to || !key || !track) return;
  key.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
  if (track.sale !== "gone") {
    const tracks = elements.map(trackOf).filter((t): t is Track => t !== undefined);
    void player.play(track, tracks, 0, event.timeStamp);
  }
}

function playFirst(): void {
  document.querySelector<HTMLElement>("main [data-track] [data-play]")?.click();
}

let before: Element | null = null;
function openKeys(): void {
  const dialog = document.getElementById("keys");
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  before = document.activeElement;
  dialog.showModal();
}

feature("#keys", (dialog, signal) => {
  const box = dialog.querySelector<HTMLInputElement>("[data-keys-switch]");
  if (box) {
    box.checked = singleKeys();
    box.addEventListener("change", () => {
      localStorage.setItem(place, box.checked ? "on" : "off");
      announce(word(box.checked ? "keys_on" : "keys_off"));
      const body = new URLSearchParams({ single_keys: box.checked ? "on" : "off" });
      void fetch("/preferences", { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => undefined);
    }, { signal });
  }
  dialog.addEventListener("close", () => {
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  }, { signal });
});

feature("[data-keys-open]", (button, signal) => {
  button.hidden = false;
  button.addEventListener("click", openKeys, { signal });
});
