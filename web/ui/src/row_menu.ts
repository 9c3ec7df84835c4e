// ⋯ at the end of a row on a phone. Without scripts it opens the sound's page.
import { add, like } from "./actions";
import { download } from "./bulk";
import { openDialog } from "./dialog";
import { toast } from "./toast";
import { trackOf } from "./track";
import { word } from "./words";
import { visit } from "@hotwired/turbo";

document.addEventListener("click", (event) => {
  const button = (event.target as Element).closest<HTMLElement>("a[data-more]");
  const row = button?.closest<HTMLElement>("[data-track]");
  const track = trackOf(row);
  if (!button || !row || !track || event.metaKey || event.ctrlKey || !("popover" in HTMLElement.prototype)) return;
  event.preventDefault();
  event.stopPropagation();
  const menu = document.createElement("div");
  menu.popover = "auto";
  menu.className = "menu-list menu-row";
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", track.name);
  const line = (text: string, act: () => void): void => {
    const item = document.createElement("button");
    item.type = "button";
    item.textContent = text;
    item.addEventListener("click", () => {
      menu.hidePopover();
      act();
    });
    menu.append(item);
  };
  line(word("open_sound"), () => visit(track.url));
  line(word("menu_pack"), () => visit(track.packUrl));
  line(word("menu_similar"), () => visit(`/search?like=${encodeURIComponent(track.id)}`));
  line(word(track.liked ? "menu_unlike" : "menu_like"), () => void like(track));
  line(word("menu_crate"), () => openDialog(`/crates/add?sound=${encodeURIComponent(track.id)}`));
  if (track.sale === "buy" || track.sale === "pack") line(`${word("menu_cart")} · ${track.price}`, () => void add([track]));
  if (track.sale === "owned") line(word("menu_download"), () => download(track));
  const box = row.querySelector<HTMLInputElement>("[data-tick]");
  if (box) line(word("menu_tick"), () => box.click());
  line(word("menu_share"), () => {
    const address = new URL(track.url, location.href).href;
    void navigator.clipboard?.writeText(address).then(() => toast(word("copied")), () => toast(address));
  });
  menu.addEventListener("toggle", (e) => {
    if ((e as ToggleEvent).newState === "closed") {
      menu.remove();
      button.focus();
    }
  });
  document.body.append(menu);
  menu.showPopover();
  const at = button.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const below = at.bottom + size.height + 8 < innerHeight;
  menu.style.setProperty("--x", `${Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8))}px`);
  menu.style.setProperty("--y", `${below ? at.bottom : Math.max(8, at.top - size.height)}px`);
  menu.querySelector("button")?.focus();
});
