// The way out for both engines: one volume for all.
import { audio } from "./decode";

let master: GainNode | undefined;
let level = 1;

export function output(): GainNode {
  if (!master) {
    master = audio().createGain();
    master.gain.value = level;
    master.connect(audio().destination);
  }
  return master;
}

export function setOutput(amplitude: number): void {
  level = amplitude;
  master?.gain.setTargetAtTime(amplitude, audio().currentTime, 0.01);
}
