// Navigation without reloading, so that sound goes on. What a reload would do by itself is done here: focus, nonce,
// the menu's state.
import * as Turbo from "@hotwired/turbo";

Turbo.config.drive.progressBarDelay = 150;

// The first document's policy stays in force, so its nonce is the only one that counts. Turbo reads it from the page.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

/** The nonce for styles that libraries write into the document. */
export const documentNonce = nonce;

let first = true;
let inFrame = false;
let morphed = false;
document.addEventListener("turbo:before-render", (event) => {
  morphed = (event as CustomEvent<{ renderMethod?: string }>).detail.renderMethod === "morph";
});
document.addEventListener("turbo:load", () => {
  const meta = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]');
  if (meta) meta.content = nonce;
  if (inFrame) {
    // Only a frame changed, and the focus stays. Turbo keeps the page before under the wrong address then: Back asks
    // the server instead.
    inFrame = false;
    setTimeout(() => Turbo.cache.clear(), 50);
    return;
  }
  if (first) {
    first = false;
    return;
  }
  if (morphed) {
    morphed = false;
    return; // the same page with other content: the focus stays
  }
  focusHeading();
});

// Turbo changes the body alone. What the server says on the document itself (who reads, theme, switches) comes along.
const ofDocument = ["data-theme", "data-density", "data-keys", "data-level", "data-signed-in"];
document.addEventListener("turbo:before-render", (event) => {
  const next = (event as CustomEvent<{ newBody: HTMLElement }>).detail.newBody.ownerDocument;
  if (next === document) return; // from the cache: older than what is shown
  for (const name of ofDocument) {
    const value = next.documentElement.getAttribute(name);
    if (value === null) document.documentElement.removeAttribute(name);
    else document.documentElement.setAttribute(name, value);
  }
});

/** After a navigation reading goes on at the heading. */
export function focusHeading(): void {
  if (location.hash && document.getElementById(location.hash.slice(1))) return;
  if (document.querySelector("[autofocus]")) return;
  const heading = document.querySelector<HTMLElement>("main h1") ?? document.getElementById("main");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

// Frames keep focus, scroll and open groups: they are morphed, not replaced.
document.addEventListener("turbo:before-frame-render", (event) => {
  const detail = (event as CustomEvent<{ newFrame: Element; render: (current: Element, next: Element) => void }>).detail;
  if ((event.target as Element).id === "dialog") return;
  detail.render = (current, next) => Turbo.morphTurboFrameElements(current, next);
});

// Where a page brings its news by itself, what a person has the focus in is not changed under their hands.
document.addEventListener("turbo:before-morph-element", (event) => {
  if (event.target === document.activeElement && (event.target as Element).matches("[data-fresh] :is(input, textarea, select)")) event.preventDefault();
});

// What a person opened stays open.
document.addEventListener("turbo:before-morph-attribute", (event) => {
  const { attributeName } = (event as CustomEvent<{ attributeName: string }>).detail;
  const element = event.target as Element;
  // Scripts showed these; the server knows of no scripts.
  if (attributeName === "hidden" && element.matches("[data-copy], [data-reveal], [data-picture], [data-cover], [data-keys-open]")) event.preventDefault();
  if (attributeName === "data-open" || (attributeName === "open" && element.tagName === "DETAILS")) event.preventDefault();
});

// A frame that the answer does not hold is another page: the sign-in page, an error.
document.addEventListener("turbo:frame-missing", (event) => {
  event.preventDefault();
  const { response, visit } = (event as CustomEvent<{ response: Response; visit: (to: Response) => void }>).detail;
  visit(response);
});

document.addEventListener("turbo:frame-load", (event) => {
  const frame = event.target as HTMLElement;
  if (frame.dataset.turboAction) inFrame = true;
  if (frame.dataset.title) document.title = frame.dataset.title;
});

// A page in the cache must not show what was only for a moment.
document.addEventListener("turbo:before-cache", () => {
  for (const toast of document.querySelectorAll("[data-toast]")) toast.remove();
  for (const menu of document.querySelectorAll("details[data-menu][open]")) menu.removeAttribute("open");
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) dialog.close();
});
