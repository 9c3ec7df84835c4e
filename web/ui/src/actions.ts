// Cart, like and follow without leaving the page. The forms work without this; here they are sent at once and the
// page shows the result before the answer is there, and takes it back if it fails.
import { announce } from "./announce";
import { icon } from "./icon";
import { player } from "./player/player";
import { toast } from "./toast";
import { elementsOf, trackOf, updateTrack, type Track } from "./track";
import { word } from "./words";

interface Done {
  text: string;
  cart_count?: number;
  undo?: { action: string; fields: [string, string][] };
}

class Refused extends Error {
  constructor(readonly code: string, message: string) {
    super(message);
  }
}

/** Sends a form as a script. */
async function send(action: string, fields: [string, string][]): Promise<Done> {
  let response: Response;
  try {
    response = await fetch(action, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(fields),
      signal: AbortSignal.timeout(15_000),
    });
  } catch {
    throw new Refused("network", word("failed_network"));
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string };
    throw new Refused(problem.code ?? "", problem.detail ?? word("failed"));
  }
  return (await response.json()) as Done;
}

let turn: Promise<unknown> = Promise.resolve();

/** Sends presses that undo each other one after the other, so that the last one counts. */
function sendInTurn(action: string, fields: [string, string][]): Promise<Done> {
  const mine = turn.then(() => send(action, fields));
  turn = mine.catch(() => undefined);
  return mine;
}

function failed(error: unknown): void {
  if (error instanceof Refused && error.code === "unauthenticated") {
    location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
    return;
  }
  const text = error instanceof Refused ? error.message : word("failed");
  toast(text, { kind: "danger" });
}

/** Shows how many things lie in the cart. */
export function showCartCount(count: number): void {
  for (const badge of document.querySelectorAll<HTMLElement>("[data-cart-count]")) {
    badge.textContent = String(count);
    badge.hidden = count === 0;
    badge.closest("a")?.setAttribute("aria-label", word(count === 1 ? "cart_one" : "cart_many", { count }));
  }
}

/** Shows a sound as liked or not, wherever it is. */
function showLiked(id: string, liked: boolean): void {
  player.amend(id, { liked });
  for (const element of elementsOf(id)) {
    updateTrack(element, { liked });
    for (const button of element.querySelectorAll<HTMLButtonElement>("[data-like]")) pressed(button, liked);
  }
}

function pressed(button: HTMLButtonElement, on: boolean): void {
  button.setAttribute("aria-pressed", String(on));
  button.setAttribute("form", on ? "act-unlike" : "act-like");
}

export async function like(track: Track): Promise<void> {
  const on = !track.liked;
  showLiked(track.id, on);
  try {
    await sendInTurn(on ? "/likes" : "/likes/remove", [["sound", track.id]]);
    announce(word(on ? "liked" : "unliked"));
  } catch (error) {
    showLiked(track.id, !on);
    failed(error);
  }
}

/** Shows sounds as lying in the cart. */
function showInCart(ids: Set<string>, packs: Set<string>): void {
  for (const element of document.querySelectorAll<HTMLElement>("[data-track]")) {
    const track = trackOf(element);
    if (!track || !(ids.has(track.id) || (packs.has(track.packId) && track.sale !== "owned"))) continue;
    if (track.sale !== "buy" && track.sale !== "pack") continue;
    updateTrack(element, { sale: "cart" });
    element.classList.add("is-in");
    const price = element.querySelector("button.price");
    if (!price) continue;
    const link = document.createElement("a");
    link.className = "price";
    link.href = "/cart";
    const text = document.createElement("span");
    text.textContent = word("in_cart");
    link.append(icon("check"), text);
    const focused = document.activeElement === price;
    price.replaceWith(link);
    if (focused) link.focus();
  }
  for (const track of player.list) if (ids.has(track.id) || packs.has(track.packId)) player.amend(track.id, { sale: "cart" });
}

/** Puts sounds into the cart; those sold only whole bring their pack. */
export async function add(tracks: Track[]): Promise<void> {
  const wanted = tracks.filter((t) => t.sale === "buy" || t.sale === "pack");
  if (wanted.length === 0) return;
  const sounds = new Set(wanted.filter((t) => t.sale === "buy").map((t) => t.id));
  const packs = new Set(wanted.filter((t) => t.sale === "pack").map((t) => t.packId));
  await put(sounds, packs, wanted.length === 1 ? word("added", { name: wanted[0]?.name ?? "" }) : word("added_many", { count: sounds.size + packs.size }));
}

async function put(sounds: Set<string>, packs: Set<string>, text: string): Promise<boolean> {
  try {
    const done = await send("/cart/add", [...[...sounds].map((id): [string, string] => ["sound", id]), ...[...packs].map((id): [string, string] => ["pack", id])]);
    showInCart(sounds, packs);
    if (done.cart_count !== undefined) showCartCount(done.cart_count);
    toast(text, { kind: "ok", link: { text: word("open_cart"), url: "/cart" } });
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

const handlers: Record<string, (button: HTMLButtonElement) => Promise<void>> = {
  "act-cart": async (button) => {
    const track = trackOf(button.closest("[data-track]"));
    const name = button.name === "sound" ? (track?.name ?? document.querySelector("h1")?.textContent ?? "") : (button.closest("[data-track]") ? (track?.pack ?? "") : (document.querySelector("h1")?.textContent ?? ""));
    button.disabled = true;
    const ids = new Set([button.value]);
    const none = new Set<string>();
    const done = await put(button.name === "sound" ? ids : none, button.name === "pack" ? ids : none, word("added", { name }));
    button.disabled = false;
    if (done && !button.matches(".price")) inCartButtons(button);
  },
  "act-like": (button) => toggleLike(button, true),
  "act-unlike": (button) => toggleLike(button, false),
  "act-follow": (button) => toggleFollow(button, true),
  "act-unfollow": (button) => toggleFollow(button, false),
  "act-mute": mute,
};

/** Takes what is not for somebody off the page; it comes back when that is undone or fails. */
async function mute(button: HTMLButtonElement): Promise<void> {
  button.closest<HTMLElement>("[popover]")?.hidePopover();
  const same = `button[form="act-mute"][value="${CSS.escape(button.value)}"]`;
  const cards = [...document.querySelectorAll(same)].map((b) => b.closest<HTMLElement>(".card")).filter((card) => card !== null);
  const shown = button.closest<HTMLElement>(".card");
  const next = (shown?.nextElementSibling ?? shown?.previousElementSibling)?.querySelector<HTMLElement>("a, button");
  const show = (on: boolean): void => {
    for (const card of cards) card.hidden = !on;
    for (const shelf of new Set(cards.map((card) => card.closest<HTMLElement>("section")))) {
      if (shelf) shelf.hidden = !shelf.querySelector(".card:not([hidden])");
    }
  };
  show(false);
  next?.focus();
  try {
    const done = await sendInTurn("/mutes", [[button.name, button.value]]);
    const back = done.undo;
    toast(done.text, {
      kind: "ok",
      ...(back && {
        undo: () => {
          show(true);
          void sendInTurn(back.action, back.fields).then((undone) => announce(undone.text), (error: unknown) => {
            show(false);
            failed(error);
          });
        },
      }),
    });
  } catch (error) {
    show(true);
    failed(error);
  }
}

/** The big buttons of a page lead to the cart once the thing lies there. */
function inCartButtons(pressedButton: HTMLButtonElement): void {
  const same = `button[form="act-cart"][name="${pressedButton.name}"][value="${CSS.escape(pressedButton.value)}"]:not(.price)`;
  for (const button of document.querySelectorAll<HTMLButtonElement>(same)) {
    const link = document.createElement("a");
    link.className = button.className.replace("btn-main", "");
    link.href = "/cart";
    const text = document.createElement("span");
    text.textContent = word("in_your_cart");
    link.append(icon("check", false), text);
    button.replaceWith(link);
    if (button === pressedButton) link.focus();
  }
}

async function toggleLike(button: HTMLButtonElement, on: boolean): Promise<void> {
  const track = trackOf(button.closest("[data-track]"));
  if (track && button.name === "sound") {
    await like({ ...track, liked: !on });
    return;
  }
  pressed(button, on);
  try {
    await sendInTurn(on ? "/likes" : "/likes/remove", [[button.name, button.value]]);
    announce(word(on ? "liked" : "unliked"));
  } catch (error) {
    pressed(button, !on);
    failed(error);
  }
}

async function toggleFollow(button: HTMLButtonElement, on: boolean): Promise<void> {
  const show = (following: boolean): void => {
    button.setAttribute("aria-pressed", String(following));
    button.setAttribute("form", following ? "act-unfollow" : "act-follow");
    button.textContent = word(following ? "following" : "follow");
    button.removeAttribute("aria-label");
  };
  show(on);
  try {
    const done = await sendInTurn(on ? "/follows" : "/follows/remove", [["producer", button.value]]);
    announce(done.text);
  } catch (error) {
    show(!on);
    failed(error);
  }
}

// Before Turbo sees the form.
addEventListener(
  "submit",
  (event) => {
    const form = event.target as HTMLFormElement;
    const handler = handlers[form.id];
    const button = event.submitter;
    if (!handler || !(button instanceof HTMLButtonElement)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    void handler(button);
  },
  true,
);
