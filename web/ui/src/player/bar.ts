// The bar at the foot. Turbo keeps its element through every navigation.
import { announce } from "../announce";
import { add, like } from "../actions";
import { feature } from "../features";
import { whileTrue } from "../frames";
import { showName } from "../names";
import { clock } from "../time";
import { word } from "../words";
import { player } from "./player";

const find = <T extends Element = HTMLElement>(name: string): T | null => document.querySelector<T>(`#player [data-pl="${name}"]`);

function link(name: string, text: string, href: string): void {
  const a = find<HTMLAnchorElement>(name);
  if (!a) return;
  a.textContent = text;
  a.href = href;
}

let shownId = "";
let dragging = false;

function show(): void {
  const bar = document.getElementById("player");
  const { track } = player;
  if (!bar || !track) return;
  bar.hidden = false;
  const playing = player.sounding;
  if (shownId !== track.id) {
    shownId = track.id;
    const name = find<HTMLAnchorElement>("name");
    if (name) {
      showName(name, track.name);
      name.href = track.url;
    }
    link("pack", track.pack, track.packUrl);
    link("maker", track.maker, track.makerUrl);
    const cover = find("cover");
    if (cover) {
      const image = document.createElement(track.cover ? "img" : "span");
      image.className = "cover";
      if (image instanceof HTMLImageElement && track.cover) {
        image.src = track.cover;
        image.width = image.height = 48;
        image.alt = "";
      }
      cover.replaceChildren(image);
    }
    for (const path of ["wave", "done"]) find<SVGPathElement>(path)?.setAttribute("d", track.wave ?? "");
    const text = (part: string, value: string): void => {
      const place = find(part);
      if (place) place.textContent = value;
    };
    text("key", track.key);
    text("tempo", track.tempo);
    text("length", clock(track.seconds));
    const crate = find<HTMLAnchorElement>("crate");
    if (crate) crate.href = `/crates/add?sound=${encodeURIComponent(track.id)}`;
  }
  const key = find("play");
  key?.classList.toggle("is-on", playing);
  key?.setAttribute("aria-label", word(playing ? "pause" : "play", { name: track.name }));
  key?.querySelector("use")?.setAttribute("href", playing ? "#i-pause" : "#i-play");
  find("loop")?.setAttribute("aria-pressed", String(player.looping));
  const heart = find("like");
  heart?.setAttribute("aria-pressed", String(track.liked ?? false));
  const previous = find<HTMLButtonElement>("previous");
  const next = find<HTMLButtonElement>("next");
  if (previous) previous.disabled = false;
  if (next) next.disabled = player.index < 0 || player.index >= player.list.length - 1;
  showPrice();
  move();
  follow();
  if (!find("queuebox")?.hidden) fillQueue();
}

function showPrice(): void {
  const { track } = player;
  const button = find<HTMLButtonElement>("buy");
  const price = find("price");
  if (!track || !button || !price) return;
  button.hidden = track.sale === "yours" || track.sale === "gone";
  const icon = { owned: "#i-down", cart: "#i-check" }[track.sale as string] ?? "#i-cart";
  button.querySelector("use")?.setAttribute("href", icon);
  price.textContent = track.sale === "owned" ? word("menu_download") : track.sale === "cart" ? word("in_cart") : track.price;
  const label = track.sale === "owned" ? word("menu_download") : track.sale === "cart" ? word("in_cart") : `${word("menu_cart")}, ${track.price}`;
  button.setAttribute("aria-label", label);
}

function move(): boolean {
  const bar = document.getElementById("player");
  if (!bar) return false;
  const { position, duration } = player;
  const at = duration > 0 ? position / duration : 0;
  bar.style.setProperty("--at", `${(at * 100).toFixed(2)}%`);
  const time = find("at");
  const text = clock(position, true);
  if (time && time.textContent !== text) {
    time.textContent = text;
    const slider = find<HTMLInputElement>("seek");
    if (slider) slider.setAttribute("aria-valuetext", word("seek_at", { at: Math.floor(position), length: Math.round(duration) }));
  }
  const slider = find<HTMLInputElement>("seek");
  if (slider && !dragging) slider.value = String(Math.round(at * 1000));
  return player.sounding;
}
const follow = whileTrue(move);

player.on("change", show);
player.on("settings", showSettings);

// What is said: the sound when it begins, a reason when it cannot; never the time.
let said = "";
player.on("change", () => {
  const { track, status } = player;
  const now = `${track?.id} ${status}`;
  if (!track || now === said) return;
  if (status === "playing") announce(word("now", { name: track.name, key: track.key, tempo: track.tempo }));
  if (status === "broken") announce(word("broken", { reason: word(`broken_${player.reason}`) }));
  if (status !== "loading") said = now;
});

function showSettings(): void {
  const volume = find<HTMLInputElement>("volume");
  if (volume) volume.value = String(player.muted ? 0 : player.volume);
  const mute = find("mute");
  mute?.setAttribute("aria-pressed", String(player.muted));
  mute?.querySelector("use")?.setAttribute("href", player.muted ? "#i-mute" : "#i-vol");
  find("loop")?.setAttribute("aria-pressed", String(player.looping));
  const level = find<HTMLInputElement>("level");
  if (level) level.checked = player.level;
}

function fillQueue(): void {
  const box = find("queuelist");
  if (!box) return;
  const from = Math.max(0, player.index);
  box.replaceChildren(
    ...player.list.slice(from, from + 50).map((track, i) => {
      const line = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "queue-line";
      if (i === 0) button.setAttribute("aria-current", "true");
      const name = document.createElement("span");
      name.className = "row-name";
      showName(name, track.name);
      const facts = document.createElement("span");
      facts.className = "muted small";
      facts.textContent = `${track.key} · ${track.tempo}`;
      button.append(name, facts);
      button.addEventListener("click", (event) => player.press(track, player.list, event.timeStamp));
      line.append(button);
      return line;
    }),
  );
}

function openQueue(open: boolean): void {
  const box = find("queuebox");
  const button = find("queue");
  if (!box || !button) return;
  if (open) fillQueue();
  box.hidden = !open;
  button.setAttribute("aria-expanded", String(open));
}

/** Esc closes the queue and the open player on a phone. Says whether something was open. */
export function closePanels(): boolean {
  const bar = document.getElementById("player");
  const box = find("queuebox");
  if (box && !box.hidden) {
    openQueue(false);
    find("queue")?.focus();
    return true;
  }
  if (bar?.classList.contains("is-open")) {
    unfold(false);
    find("unfold")?.focus();
    return true;
  }
  return false;
}

function unfold(open: boolean): void {
  document.getElementById("player")?.classList.toggle("is-open", open);
  find("unfold")?.setAttribute("aria-expanded", String(open));
}

feature("#player", (bar, signal) => {
  const press = (name: string, act: (event: Event) => void): void =>
    bar.querySelector(`[data-pl="${name}"]`)?.addEventListener("click", act, { signal });
  press("play", (event) => player.toggle(event.timeStamp));
  press("previous", () => player.step(-1));
  press("next", () => player.step(1));
  press("loop", () => player.setLoop(!player.looping));
  press("mute", () => player.setVolume(player.volume, !player.muted));
  press("like", () => player.track && void like(player.track));
  press("buy", () => {
    const { track } = player;
    if (!track) return;
    if (track.sale === "owned") location.assign(`/sounds/${encodeURIComponent(track.id)}/download`);
    else if (track.sale === "cart") document.querySelector<HTMLAnchorElement>("a[data-cart]")?.click();
    else void add([track]);
  });
  press("queue", () => openQueue(bar.querySelector<HTMLElement>('[data-pl="queuebox"]')?.hidden ?? true));
  press("queueclose", () => closePanels());
  press("unfold", () => unfold(!bar.classList.contains("is-open")));
  const seek = bar.querySelector<HTMLInputElement>('[data-pl="seek"]');
  seek?.addEventListener("input", () => {
    dragging = true;
    player.seek((Number(seek.value) / 1000) * player.duration);
  }, { signal });
  seek?.addEventListener("change", () => (dragging = false), { signal });
  const volume = bar.querySelector<HTMLInputElement>('[data-pl="volume"]');
  volume?.addEventListener("input", () => player.setVolume(Number(volume.value)), { signal });
  const level = bar.querySelector<HTMLInputElement>('[data-pl="level"]');
  level?.addEventListener("change", () => {
    player.setLevel(level.checked);
    announce(word(level.checked ? "level_on" : "level_off"));
  }, { signal });
  // A press beside its links opens the bar on a phone.
  bar.querySelector(".pl-now")?.addEventListener("click", (event) => {
    if (matchMedia("(width < 720px)").matches && !bar.classList.contains("is-open")) {
      event.preventDefault();
      unfold(true);
    }
  }, { signal });
  document.addEventListener("turbo:visit", () => {
    unfold(false);
    openQueue(false);
  }, { signal });
  showSettings();
  show();
});
