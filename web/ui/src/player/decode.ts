// Fetches and decodes short sounds ahead of or at a press, and keeps 40 MB of them.
import { Lru } from "../lru";
import type { Track } from "../track";

export const longest = 60; // seconds that are decoded whole
const limit = 40 * 1024 * 1024; // bytes of decoded sound

let context: AudioContext | undefined;
const buffers = new Lru<AudioBuffer>(limit);
const underWay = new Map<string, Promise<AudioBuffer>>();

/** The one audio context. It is made at the first press: browsers refuse it before. */
export function audio(): AudioContext {
  context ??= new AudioContext({ latencyHint: "interactive" });
  return context;
}

/** Lets sound out as early as the browser allows. */
export function wake(): void {
  if (audio().state === "suspended") void audio().resume().catch(() => undefined);
}

export class PlayError extends Error {
  constructor(readonly reason: "network" | "gone" | "decode") {
    super(reason);
  }
}

export function isShort(track: Track): boolean {
  return track.seconds > 0 && track.seconds <= longest;
}

export function isWarm(track: Track): boolean {
  return buffers.has(track.id);
}

/** The decoded sound; asking twice fetches once. */
export function decoded(track: Track): Promise<AudioBuffer> {
  const kept = buffers.get(track.id);
  if (kept) return Promise.resolve(kept);
  const running = underWay.get(track.id);
  if (running) return running;
  const job = load(track).finally(() => underWay.delete(track.id));
  underWay.set(track.id, job);
  return job;
}

async function load(track: Track): Promise<AudioBuffer> {
  let bytes: ArrayBuffer;
  try {
    const response = await fetch(track.src, { signal: AbortSignal.timeout(20_000) });
    if (response.status === 404 || response.status === 410 || response.status === 403) throw new PlayError("gone");
    if (!response.ok) throw new PlayError("network");
    bytes = await response.arrayBuffer();
  } catch (error) {
    throw error instanceof PlayError ? error : new PlayError("network");
  }
  try {
    // Before the first press there is no context; an offline one decodes just as well.
    const decoder = context ?? new OfflineAudioContext(2, 1, 48_000);
    const buffer = await decoder.decodeAudioData(bytes);
    buffers.set(track.id, buffer, buffer.length * buffer.numberOfChannels * 4);
    return buffer;
  } catch {
    throw new PlayError("decode");
  }
}

/** For tests: what is kept. */
export function keptBytes(): number {
  return buffers.bytes;
}
