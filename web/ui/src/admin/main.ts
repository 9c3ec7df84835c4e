// The operator's side looks again by itself: at news from the live channel, and every few seconds where the page says so.
// Only parts marked data-fresh are touched, and never one that a person is at work in.
import { morphElements } from "@hotwired/turbo";
import { feature } from "../features";
import { live } from "../live";

const apart = 500; // ms between two looks, at least
const share = 4; // and at least so many times as long as the last one took

feature("[data-every]", (element, signal) => {
  const every = Number(element.dataset.every) * 1000;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let again = false;
  let rest = apart;
  const soon = (wait: number): void => {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(() => void look(), wait);
  };
  const look = async (): Promise<void> => {
    if (looking) {
      again = true;
      return;
    }
    if (document.hidden) return soon(every);
    looking = true;
    again = false;
    const start = performance.now();
    await refresh(signal).catch(() => undefined); // the next look says it
    rest = Math.max(apart, (performance.now() - start) * share);
    looking = false;
    soon(again ? rest : every);
  };
  soon(every);
  signal.addEventListener("abort", () => clearTimeout(timer));
  document.addEventListener("visibilitychange", () => soon(apart), { signal });
  if (element.dataset.watch) live(element.dataset.watch.split(","), () => (looking ? (again = true) : soon(rest)), signal);
});

async function refresh(signal: AbortSignal): Promise<void> {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]) });
  if (!answer.ok || new URL(answer.url).pathname !== location.pathname) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (signal.aborted) return;
  for (const current of document.querySelectorAll<HTMLElement>("[data-fresh]")) {
    const next = page.getElementById(current.id);
    if (next && !busy(current)) morphElements(current, next);
  }
}

/** A person is at work in a part when its focus, an open form or something typed is there. */
function busy(part: HTMLElement): boolean {
  return part.contains(document.activeElement) || part.querySelector("details[open], [data-waiting]") !== null;
}
