// Links with data-dialog open in a dialog instead of a page of their own: adding to a crate, for example.
import { feature } from "./features";

let before: Element | null = null;

/** Opens the page at an address in the dialog; the page holds a turbo-frame named dialog. */
export function openDialog(address: string): void {
  const dialog = document.getElementById("sheet");
  const frame = document.getElementById("dialog");
  if (!(dialog instanceof HTMLDialogElement) || !frame) {
    location.assign(address);
    return;
  }
  before = document.activeElement;
  frame.replaceChildren();
  frame.removeAttribute("src");
  frame.setAttribute("src", address);
  if (!dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-dialog]");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  openDialog(link.getAttribute("href") ?? "");
}, true);

feature("dialog#sheet", (dialog, signal) => {
  dialog.addEventListener("close", () => {
    document.getElementById("dialog")?.replaceChildren();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  }, { signal });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) (dialog as HTMLDialogElement).close(); // beside it
  }, { signal });
  document.addEventListener("turbo:frame-load", (event) => {
    if ((event.target as Element).id !== "dialog") return;
    (event.target as Element).querySelector<HTMLElement>("[autofocus], input:not([type=hidden]), button, a")?.focus();
  }, { signal });
});
