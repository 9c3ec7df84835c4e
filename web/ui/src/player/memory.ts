// The player is as it was after a reload: sound, place, list, volume. It waits for a press.
import type { Track } from "../track";
import { player } from "./player";

const place = "crateful.player";
const mostTracks = 200;

interface Memory {
  track?: Track;
  list: Track[];
  at: number;
  volume: number;
  muted: boolean;
  level: boolean;
  repeat: boolean;
}

function remember(): void {
  const at = Math.max(0, player.index - mostTracks / 2);
  const memory: Memory = {
    ...(player.track ? { track: player.track } : {}),
    list: player.list.slice(at, at + mostTracks),
    at: player.position,
    volume: player.volume,
    muted: player.muted,
    level: player.level,
    repeat: player.repeat,
  };
  try {
    localStorage.setItem(place, JSON.stringify(memory));
  } catch {
    // Without a store the player starts fresh; nothing else depends on it.
  }
}

function recall(): void {
  let memory: Partial<Memory>;
  try {
    memory = JSON.parse(localStorage.getItem(place) ?? "{}") as Partial<Memory>;
  } catch {
    return;
  }
  player.repeat = memory.repeat ?? true;
  player.setLevel(document.documentElement.dataset.level === "off" ? false : (memory.level ?? true));
  player.setVolume(memory.volume ?? 80, memory.muted ?? false);
  if (memory.track?.id && memory.track.src) player.restore(memory.track, memory.list ?? [memory.track], memory.at ?? 0);
}

recall();
let last: string | undefined;
player.on("change", () => {
  const now = `${player.track?.id} ${player.status}`;
  if (now !== last) remember();
  last = now;
});
player.on("settings", remember);
addEventListener("pagehide", remember);
setInterval(() => {
  if (player.sounding) remember();
}, 5000);
