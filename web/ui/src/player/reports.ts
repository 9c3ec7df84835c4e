// Tells the service what was really heard, in batches: it makes what is popular and what is recommended. A crash may
// lose the last few.
import { feature } from "../features";
import { markHeard } from "./heard";
import { player } from "./player";

const listened = 1500; // ms of sound that count as listening; shorter sounds count when they have started
const every = 5000; // ms

interface Interaction {
  kind: "preview" | "view";
  pack_id?: string;
  sound_id?: string;
  from?: string;
  at: string;
}

// Which list of recommendations the next page is opened from.
const opened = "crateful:from";
document.addEventListener(
  "click",
  (event) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>("[data-from] a[href]");
    const from = link?.closest<HTMLElement>("[data-from]")?.dataset["from"];
    if (link && from) sessionStorage.setItem(opened, JSON.stringify([link.pathname, from]));
  },
  true,
);

/** The list that led to this page, once. */
function cameFrom(): string | undefined {
  const [path, from] = JSON.parse(sessionStorage.getItem(opened) ?? "[]") as [string?, string?];
  sessionStorage.removeItem(opened);
  return path === location.pathname ? from : undefined;
}

let waiting: Interaction[] = [];
let timer: ReturnType<typeof setTimeout> | undefined;
let current: ReturnType<typeof setTimeout> | undefined;

function report(item: Interaction): void {
  waiting.push(item);
  if (waiting.length > 100) waiting = waiting.slice(-100);
  timer ??= setTimeout(flush, every);
}

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  if (waiting.length === 0) return;
  const body = JSON.stringify({ items: waiting });
  waiting = [];
  void fetch("/api/v1/interactions", { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true }).catch(() => undefined);
}

player.on("start", (start) => {
  markHeard(start.id);
  const track = player.track;
  if (!track || track.id !== start.id) return;
  clearTimeout(current);
  current = setTimeout(() => {
    report({ kind: "preview", sound_id: track.id, pack_id: track.packId, at: new Date().toISOString() });
  }, Math.min(listened, track.seconds * 500));
});
feature("[data-viewed-pack]", (element) => {
  if (document.documentElement.hasAttribute("data-turbo-preview")) return;
  const { viewedPack, viewedSound } = element.dataset;
  const from = cameFrom();
  report({ kind: "view", ...(from ? { from } : {}), ...(viewedPack ? { pack_id: viewedPack } : {}), ...(viewedSound ? { sound_id: viewedSound } : {}), at: new Date().toISOString() });
});
player.on("change", () => {
  if (!player.sounding) clearTimeout(current);
});
addEventListener("pagehide", flush);
