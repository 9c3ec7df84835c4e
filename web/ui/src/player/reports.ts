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
  at: string;
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
  report({ kind: "view", ...(viewedPack ? { pack_id: viewedPack } : {}), ...(viewedSound ? { sound_id: viewedSound } : {}), at: new Date().toISOString() });
});
player.on("change", () => {
  if (!player.sounding) clearTimeout(current);
});
addEventListener("pagehide", flush);
