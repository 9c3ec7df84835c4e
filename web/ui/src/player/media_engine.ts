// Plays long sounds as a stream, drawn by wavesurfer, which also sets the source: setting it twice would stop the
// start. The element is never in the document, so that no navigation can touch it.
import type WaveSurfer from "wavesurfer.js";
import { documentNonce } from "../turbo";
import type { Track } from "../track";
import { barsOf } from "../wave";
import { audio, PlayError } from "./decode";
import type { Ended, Engine } from "./engine";
import { output } from "./output";

let element: HTMLAudioElement | undefined;
let volume: GainNode | undefined;
let surfer: WaveSurfer | undefined;

async function parts(container: HTMLElement): Promise<{ media: HTMLAudioElement; gain: GainNode; surfer: WaveSurfer }> {
  if (!element) {
    element = new Audio();
    element.crossOrigin = "anonymous";
    element.preload = "auto";
  }
  if (!volume) {
    volume = audio().createGain();
    audio().createMediaElementSource(element).connect(volume);
    volume.connect(output());
  }
  if (!surfer) {
    const { default: create } = await import("wavesurfer.js");
    surfer = create.create({
      container, media: element, height: 40, cursorWidth: 0, interact: false, cspNonce: documentNonce,
    });
  }
  surfer.setOptions({ ...colours(container), ...bars(container) }); // theme and width may have changed
  return { media: element, gain: volume, surfer };
}

/** The colours of the drawn waveforms, resolved for the theme of now. */
function colours(container: HTMLElement): { waveColor: string; progressColor: string } {
  const stroke = (selector: string): string => {
    const path = container.querySelector(selector);
    return path ? getComputedStyle(path).stroke : "#7a817c";
  };
  return { waveColor: stroke(".wave path"), progressColor: stroke(".wave-done") };
}

/** 96 bars in the width that there is, as the drawn waveforms have them. */
function bars(container: HTMLElement): { barWidth: number; barGap: number } {
  const pitch = Math.max(2, Math.round(container.clientWidth / 96));
  const barWidth = Math.max(1, Math.round((pitch * 2) / 3));
  return { barWidth, barGap: pitch - barWidth };
}

export class MediaEngine implements Engine {
  private at = 0;
  private looping = false;
  private active = false;
  private amplitude = 1;
  private readonly listeners = new AbortController();

  constructor(private readonly track: Track, private readonly container: HTMLElement, private readonly ended: Ended) {}

  get duration(): number {
    const real = this.active && element ? element.duration : Number.NaN;
    return Number.isFinite(real) && real > 0 ? real : this.track.seconds;
  }

  get position(): number {
    return this.active && element ? element.currentTime : this.at;
  }

  async start(at: number, loop: boolean): Promise<void> {
    this.container.classList.add("is-long"); // first: it gives the drawing its width
    const { media, gain, surfer } = await parts(this.container);
    if (this.listeners.signal.aborted) return;
    this.looping = loop;
    if (audio().state !== "running") await audio().resume();
    if (!this.active) {
      this.active = true;
      const { signal } = this.listeners;
      media.addEventListener("ended", () => {
        if (this.looping) {
          media.currentTime = 0;
          void media.play();
          return;
        }
        this.at = 0;
        this.ended();
      }, { signal });
      try {
        await surfer.load(this.track.src, [barsOf(this.track.wave ?? "")], this.track.seconds);
      } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") return;
        throw new PlayError("network");
      }
      if (signal.aborted) return;
    }
    gain.gain.value = this.amplitude;
    if (Math.abs(media.currentTime - at) > 0.05) media.currentTime = at;
    try {
      await media.play();
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      throw new PlayError(error instanceof DOMException && error.name === "NotSupportedError" ? "decode" : "network");
    }
  }

  stop(): void {
    this.at = this.position;
    element?.pause();
  }

  seek(at: number): void {
    this.at = at;
    if (this.active && element) element.currentTime = at;
  }

  loop(on: boolean): void {
    this.looping = on;
  }

  gain(amplitude: number): void {
    this.amplitude = amplitude;
    if (this.active && volume) volume.gain.value = amplitude;
  }

  dispose(): void {
    this.listeners.abort();
    if (this.active) element?.pause();
    this.active = false;
    this.container.classList.remove("is-long");
  }
}
