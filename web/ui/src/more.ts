// "Show 50 more" appends to the list; without scripts it is the next page.
import { announce } from "./announce";
import { toast } from "./toast";
import { word } from "./words";

document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest<HTMLAnchorElement>("a[data-more-rows]");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  void append(link);
}, true);

async function append(link: HTMLAnchorElement): Promise<void> {
  const line = link.closest<HTMLElement>("[data-more-line]");
  const list = line && intoOf(line);
  if (!line || !list || link.getAttribute("aria-disabled") === "true") return;
  link.setAttribute("aria-disabled", "true");
  const words = link.textContent ?? "";
  const slow = setTimeout(() => (link.textContent = word("loading")), 150);
  try {
    const response = await fetch(link.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(15_000) });
    if (!response.ok) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const nextLine = page.querySelector<HTMLElement>("[data-more-line]");
    const source = nextLine ? intoOf(nextLine) : page.querySelector(list.matches("[data-more-into]") ? "[data-more-into]" : "[data-rows] ol");
    const items = source ? [...source.children] : [];
    list.append(...items);
    if (nextLine) line.replaceWith(nextLine);
    else line.remove();
    document.dispatchEvent(new CustomEvent("crateful:rows"));
    items[0]?.querySelector<HTMLElement>("[data-play], a, button")?.focus({ preventScroll: true });
    announce(word("more_loaded", { count: items.length }));
  } catch {
    link.removeAttribute("aria-disabled");
    toast(word("failed_network"), { kind: "danger" });
  } finally {
    clearTimeout(slow);
    link.textContent = words;
  }
}

/** The list that a "more" line belongs to: the one before it. */
function intoOf(line: HTMLElement): Element | null {
  for (let e = line.previousElementSibling; e; e = e.previousElementSibling) {
    if (e.matches("[data-rows]")) return e.querySelector("ol");
    if (e.matches("[data-more-into]")) return e;
  }
  return null;
}
