// The player: which sound, from which list, and whether it sounds. It knows no markup; bar.ts and row.ts show it.
import { fromDecibel, fromSlider, levelGain } from "../level";
import type { Track } from "../track";
import { BufferEngine } from "./buffer_engine";
import { audio, decoded, isShort, isWarm, PlayError, wake } from "./decode";
import type { Engine } from "./engine";
import { MediaEngine } from "./media_engine";
import { setOutput } from "./output";

export type Status = "empty" | "loading" | "playing" | "paused" | "broken";

/** How long a press took to become sound. */
export interface Start {
  id: string;
  warm: boolean; // decoded before the press
  ms: number; // from the press until the context's clock runs with the sound in it
  output: number; // milliseconds from there to the loudspeaker, as the browser says
}

type Events = { change: undefined; start: Start; settings: undefined };

class Player {
  track: Track | undefined;
  list: Track[] = [];
  status: Status = "empty";
  reason = "";
  volume = 80; // 0–100
  muted = false;
  level = true; // level matching
  looping = false;
  repeat = true; // loops repeat, until somebody says no
  readonly starts: Start[] = [];
  private engine: Engine | undefined;
  private resumeAt = 0;
  private turn = 0; // of play calls: only the last one counts
  private readonly handlers = new Map<keyof Events, Set<(detail: never) => void>>();

  on<K extends keyof Events>(name: K, handler: (detail: Events[K]) => void): void {
    const set = this.handlers.get(name) ?? new Set();
    set.add(handler as (detail: never) => void);
    this.handlers.set(name, set);
  }

  private tell<K extends keyof Events>(name: K, detail: Events[K]): void {
    for (const handler of this.handlers.get(name) ?? []) (handler as (detail: Events[K]) => void)(detail);
  }

  get position(): number {
    return this.engine?.position ?? this.resumeAt;
  }

  get duration(): number {
    return this.engine?.duration ?? this.track?.seconds ?? 0;
  }

  get sounding(): boolean {
    return this.status === "playing" || this.status === "loading";
  }

  get index(): number {
    return this.list.findIndex((t) => t.id === this.track?.id);
  }

  /** A press on a sound: plays it, or pauses and resumes the one that plays. */
  press(track: Track, list: Track[], pressedAt = performance.now()): void {
    if (track.id === this.track?.id && this.status !== "broken") {
      this.list = list;
      this.toggle(pressedAt);
      return;
    }
    void this.play(track, list, 0, pressedAt);
  }

  toggle(pressedAt = performance.now()): void {
    if (!this.track) return;
    if (this.sounding) this.pause();
    else void this.play(this.track, this.list, this.position, pressedAt);
  }

  async play(track: Track, list: Track[], at = 0, pressedAt = performance.now()): Promise<void> {
    wake();
    const turn = ++this.turn;
    const warm = isWarm(track);
    const same = track.id === this.track?.id && this.engine !== undefined;
    if (!same) {
      this.engine?.dispose();
      this.engine = undefined;
      this.looping = track.type === "loop" && this.repeat;
    }
    this.track = track;
    this.list = list.some((t) => t.id === track.id) ? list : [track];
    this.resumeAt = at;
    this.set("loading");
    try {
      const engine = this.engine ?? (await this.make(track));
      if (turn !== this.turn) {
        if (engine !== this.engine) engine.dispose();
        return;
      }
      this.engine = engine;
      engine.gain(this.gainOf(track));
      await engine.start(at, this.looping);
      if (turn !== this.turn) return;
      this.set("playing");
      this.measure(track, warm, pressedAt);
    } catch (error) {
      if (turn !== this.turn) return;
      this.reason = error instanceof PlayError ? error.reason : "decode";
      this.set("broken");
    }
  }

  private async make(track: Track): Promise<Engine> {
    const ended = (): void => this.ended();
    if (isShort(track)) return new BufferEngine(await decoded(track), ended);
    const container = document.querySelector<HTMLElement>('[data-pl="seekbox"]');
    if (!container) throw new PlayError("decode");
    return new MediaEngine(track, container, ended);
  }

  /** Notes when the sound really runs: the context's clock moves on past its start. */
  private measure(track: Track, warm: boolean, pressedAt: number): void {
    const context = audio();
    const from = context.currentTime;
    let tries = 400;
    const look = (): void => {
      if (context.currentTime <= from && tries-- > 0) {
        setTimeout(look, 1);
        return;
      }
      const start = { id: track.id, warm, ms: performance.now() - pressedAt, output: (context.outputLatency || context.baseLatency) * 1000 };
      this.starts.push(start);
      if (this.starts.length > 200) this.starts.shift();
      performance.measure("crateful:press-to-sound", { start: pressedAt, duration: start.ms });
      this.tell("start", start);
    };
    look();
  }

  pause(): void {
    if (!this.track) return;
    this.turn++;
    this.engine?.stop();
    this.resumeAt = this.position;
    this.set("paused");
  }

  seek(at: number): void {
    const to = Math.max(0, Math.min(at, Math.max(0, this.duration - 0.01)));
    this.resumeAt = to;
    this.engine?.seek(to);
    this.tell("change", undefined);
  }

  /** Goes by a number of seconds; a loop turns over its ends. */
  by(seconds: number): void {
    const { duration } = this;
    let to = this.position + seconds;
    if (this.looping && duration > 0) to = ((to % duration) + duration) % duration;
    this.seek(to);
  }

  step(by: number, pressedAt = performance.now()): Track | undefined {
    const next = this.list[this.index + by];
    if (next) void this.play(next, this.list, 0, pressedAt);
    else if (by < 0) this.seek(0);
    return next;
  }

  setLoop(on: boolean): void {
    this.looping = on;
    if (this.track?.type === "loop") this.repeat = on;
    this.engine?.loop(on);
    this.tell("change", undefined);
    this.tell("settings", undefined);
  }

  setVolume(value: number, muted = false): void {
    this.volume = Math.max(0, Math.min(100, value));
    this.muted = muted;
    setOutput(muted ? 0 : fromSlider(this.volume));
    this.tell("settings", undefined);
  }

  setLevel(on: boolean): void {
    this.level = on;
    if (this.track) this.engine?.gain(this.gainOf(this.track));
    this.tell("settings", undefined);
  }

  /** Puts a sound in the bar without playing it: after a reload. */
  restore(track: Track, list: Track[], at: number): void {
    if (this.track) return;
    this.track = track;
    this.list = list;
    this.resumeAt = at;
    this.looping = track.type === "loop" && this.repeat;
    this.set("paused");
  }

  /** Changes what is known of a sound: liked, in the cart. */
  amend(id: string, change: Partial<Track>): void {
    if (this.track?.id === id) this.track = { ...this.track, ...change };
    this.list = this.list.map((t) => (t.id === id ? { ...t, ...change } : t));
    this.tell("change", undefined);
  }

  private gainOf(track: Track): number {
    return this.level ? fromDecibel(levelGain(track.lufs, track.peak)) : 1;
  }

  private ended(): void {
    this.resumeAt = 0;
    // A loop that was told not to repeat hands on to the next one; a one-shot plays once.
    if (this.track?.type === "loop" && !this.repeat && this.list[this.index + 1]) {
      this.step(1);
      return;
    }
    this.set("paused");
  }

  private set(status: Status): void {
    this.status = status;
    if (status !== "broken") this.reason = "";
    this.tell("change", undefined);
  }
}

export const player = new Player();

declare global {
  interface Window {
    __crateful?: { player: Player };
  }
}
// Tests and curious people measure with it.
window.__crateful = { player };
