// Ticking rows opens one bar: add to crate, add to cart, download what is owned, clear.
import { add } from "./actions";
import { announce } from "./announce";
import { feature } from "./features";
import { toast } from "./toast";
import { trackOf, type Track } from "./track";
import { word } from "./words";

function scope(bar: HTMLElement): ParentNode {
  return bar.parentElement ?? document;
}

function boxes(bar: HTMLElement): HTMLInputElement[] {
  return [...scope(bar).querySelectorAll<HTMLInputElement>("[data-tick]:checked")];
}

function ticked(bar: HTMLElement): Track[] {
  return boxes(bar).map((box) => trackOf(box.closest("[data-track]"))).filter((t): t is Track => t !== undefined);
}

feature("[data-bulk]", (bar, signal) => {
  const show = (): void => {
    const tracks = ticked(bar);
    bar.hidden = tracks.length === 0;
    const count = bar.querySelector("[data-bulk-count]");
    const text = tracks.length === 1 ? word("ticked_one") : word("ticked_many", { count: tracks.length });
    if (count) count.textContent = text;
    const crate = bar.querySelector<HTMLAnchorElement>("[data-bulk-crate]");
    if (crate) crate.href = `/crates/add?${tracks.map((t) => `sound=${encodeURIComponent(t.id)}`).join("&")}`;
    const download = bar.querySelector<HTMLButtonElement>("[data-bulk-download]");
    if (download) download.disabled = !tracks.some((t) => t.sale === "owned");
    const cart = bar.querySelector<HTMLButtonElement>("[data-bulk-cart]");
    if (cart) cart.disabled = !tracks.some((t) => t.sale === "buy" || t.sale === "pack");
  };
  scope(bar).addEventListener("change", (event) => {
    if (!(event.target as Element).matches("[data-tick]")) return;
    show();
    if (!bar.hidden) announce(bar.querySelector("[data-bulk-count]")?.textContent ?? "");
  }, { signal });
  bar.querySelector("[data-bulk-cart]")?.addEventListener("click", () => void add(ticked(bar)).then(show), { signal });
  bar.querySelector("[data-bulk-download]")?.addEventListener("click", () => {
    const owned = ticked(bar).filter((t) => t.sale === "owned");
    for (const [i, track] of owned.entries()) setTimeout(() => download(track), i * 400); // browsers drop downloads that start together
    toast(owned.length ? word("download_many", { count: owned.length }) : word("download_none"));
  }, { signal });
  bar.querySelector("[data-bulk-clear]")?.addEventListener("click", () => {
    const first = boxes(bar)[0];
    for (const box of boxes(bar)) box.checked = false;
    show();
    first?.closest("[data-track]")?.querySelector<HTMLElement>("[data-play]")?.focus();
    announce(word("cleared"));
  }, { signal });
  document.addEventListener("turbo:frame-render", show, { signal });
  show();
});

/** Starts one download without leaving the page. */
export function download(track: Track): void {
  const link = document.createElement("a");
  link.href = `/sounds/${encodeURIComponent(track.id)}/download`;
  link.download = track.name;
  link.dataset.turbo = "false";
  document.body.append(link);
  link.click();
  link.remove();
}
