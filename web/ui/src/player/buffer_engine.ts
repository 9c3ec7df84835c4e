// Plays a decoded sound. A loop repeats on the exact frame: a media element would leave a gap at each turn.
import { audio } from "./decode";
import type { Ended, Engine } from "./engine";
import { output } from "./output";

const fade = 0.004; // seconds, so that stopping does not click

export class BufferEngine implements Engine {
  private source: AudioBufferSourceNode | undefined;
  private readonly volume: GainNode;
  private startedAt = 0; // of the context's clock
  private offset = 0; // where in the sound that was
  private looping = false;

  constructor(private readonly buffer: AudioBuffer, private readonly ended: Ended) {
    this.volume = audio().createGain();
    this.volume.connect(output());
  }

  get duration(): number {
    return this.buffer.duration;
  }

  get position(): number {
    if (!this.source) return this.offset;
    const at = this.offset + Math.max(0, audio().currentTime - this.startedAt);
    return this.looping ? at % this.duration : Math.min(at, this.duration);
  }

  async start(at: number, loop: boolean): Promise<void> {
    this.halt();
    const context = audio();
    if (context.state !== "running") await context.resume();
    this.offset = at >= this.duration ? 0 : Math.max(0, at);
    this.looping = loop;
    const source = context.createBufferSource();
    source.buffer = this.buffer;
    source.loop = loop;
    source.connect(this.volume);
    source.onended = () => {
      if (this.source !== source) return;
      this.source = undefined;
      this.offset = 0;
      this.ended();
    };
    this.startedAt = context.currentTime;
    source.start(0, this.offset);
    this.source = source;
  }

  stop(): void {
    this.offset = this.position;
    this.halt();
  }

  seek(at: number): void {
    if (this.source) void this.start(at, this.looping);
    else this.offset = at;
  }

  loop(on: boolean): void {
    if (this.looping === on) return;
    const at = this.position;
    this.looping = on;
    if (this.source) {
      this.source.loop = on;
      this.startedAt = audio().currentTime;
      this.offset = at;
    }
  }

  gain(amplitude: number): void {
    this.volume.gain.value = amplitude;
  }

  dispose(): void {
    this.halt();
    const { volume } = this;
    setTimeout(() => volume.disconnect(), 100);
  }

  private halt(): void {
    const source = this.source;
    if (!source) return;
    this.source = undefined;
    source.onended = null;
    // The node's own gain ends it softly; the shared one may serve the next start at once.
    const end = audio().createGain();
    source.disconnect();
    source.connect(end);
    end.connect(this.volume);
    end.gain.setValueAtTime(1, audio().currentTime);
    end.gain.linearRampToValueAtTime(0, audio().currentTime + fade);
    source.stop(audio().currentTime + fade);
  }
}
