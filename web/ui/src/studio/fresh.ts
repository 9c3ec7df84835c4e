// The moving parts of the workbench are taken from the server anew while files are checked and changed elsewhere: one
// request, and only what differs is touched. What a person ticked, typed, opened or has the focus in stays.
import { morphElements } from "@hotwired/turbo";
import { answered, ended, session } from "./api";

const apart = 700; // ms between two, at least
const share = 4; // and at least so many times as long as the last one took

/** Gives a function that fetches the page anew soon: never twice at once, and often enough. */
export function refresher(signal: AbortSignal): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = false;
  let again = false;
  let last = -Infinity;
  let took = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  const soon = (): void => {
    if (signal.aborted || timer !== undefined) return;
    if (running) {
      again = true;
      return;
    }
    timer = setTimeout(() => void run(), Math.max(100, last + Math.max(apart, took * share) - performance.now()));
  };
  const run = async (): Promise<void> => {
    timer = undefined;
    running = true;
    const start = performance.now();
    try {
      await refresh(signal);
    } catch {
      again = again || !signal.aborted;
    }
    last = performance.now();
    took = last - start;
    running = false;
    if (again) {
      again = false;
      soon();
    }
  };
  return soon;
}

async function refresh(signal: AbortSignal): Promise<void> {
  const has = [...document.querySelectorAll<HTMLElement>("[data-fresh-rows] tr")].map((row) => `${row.dataset.file}:${row.dataset.v}`).join(" ");
  const began = session();
  const answer = await fetch(`${location.pathname}/fresh`, { method: "POST", body: new URLSearchParams({ has }), headers: { Accept: "text/html", "Turbo-Frame": "bench" }, signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]) });
  if (new URL(answer.url).pathname === "/sign-in") {
    ended(began);
    return;
  }
  if (!answer.ok) throw new Error(String(answer.status));
  answered(began);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (signal.aborted) return;
  for (const current of document.querySelectorAll("[data-fresh]")) {
    const next = page.getElementById(current.id);
    if (next) part(current, next);
  }
  for (const current of document.querySelectorAll<HTMLTableSectionElement>("[data-fresh-rows]")) {
    const next = page.getElementById(current.id);
    if (next instanceof HTMLTableSectionElement) rows(current, next);
  }
  for (const id of ["f-demo"]) choices(document.getElementById(id), page.getElementById(id));
  document.dispatchEvent(new CustomEvent("crateful:rows"));
}

const shown = new WeakMap<Element, string>();

function part(current: Element, next: Element): void {
  const text = next.outerHTML;
  if (shown.get(current) === text) return;
  shown.set(current, text);
  const typed = [...current.querySelectorAll<HTMLInputElement>("input[id]")].filter((i) => !i.readOnly && i.value !== i.defaultValue).map((i): [string, string] => [i.id, i.value]);
  morphElements(current, next);
  for (const [id, value] of typed) {
    const input = document.getElementById(id);
    if (input instanceof HTMLInputElement && input.value !== value) input.value = value;
  }
}

/** Puts the rows of next into current: by id, and only those whose data-v differs. */
export function rows(current: HTMLTableSectionElement, next: HTMLTableSectionElement): void {
  const after = new Set([...next.rows].map((row) => row.id));
  for (const row of [...current.rows]) if (!after.has(row.id)) row.remove(); // first, so that no other has to move
  const before = new Map([...current.rows].map((row) => [row.id, row]));
  let at: Element | null = current.firstElementChild;
  for (const row of [...next.rows]) {
    const old = before.get(row.id);
    let place: Element = row;
    if (old && (old.dataset.v === row.dataset.v || old.querySelector(".cell-input"))) place = old;
    else if (old) {
      swap(old, row);
      if (at === old) at = row;
    }
    if (at === place) at = at.nextElementSibling;
    else current.insertBefore(place, at);
  }
}

function swap(old: HTMLTableRowElement, row: HTMLTableRowElement): void {
  const ticked = old.querySelector<HTMLInputElement>("input[name=sound]")?.checked ?? false;
  const cell = old.contains(document.activeElement) ? [...old.cells].findIndex((c) => c.contains(document.activeElement)) : -1;
  row.hidden = old.hidden;
  old.replaceWith(row);
  const tick = row.querySelector<HTMLInputElement>("input[name=sound]");
  if (tick) tick.checked = ticked;
  const target = cell < 0 ? null : row.cells[cell];
  if (!target) return;
  const inside = target.matches("[data-cell]") ? target : target.querySelector<HTMLElement>("input, a, button");
  if (!inside) return;
  inside.tabIndex = 0;
  inside.focus({ preventScroll: true });
}

/** New sounds can be chosen at once; the choice that was made stays. */
function choices(current: Element | null, next: Element | null): void {
  if (!(current instanceof HTMLSelectElement) || !(next instanceof HTMLSelectElement)) return;
  if (current === document.activeElement || [...current.options].map((o) => o.value).join() === [...next.options].map((o) => o.value).join()) return;
  const { value } = current;
  current.replaceChildren(...next.options);
  current.value = value;
  if (current.selectedIndex < 0) current.selectedIndex = 0;
}
