// Level matching: everything about equally loud.

const target = -16; // LUFS
const most = 6; // dB, up or down
const ceiling = -1; // dBTP that raising must not pass

/** The change in dB for a sound; 0 where its loudness is not known. */
export function levelGain(lufs: number | undefined, truePeak: number | undefined): number {
  if (lufs === undefined || !Number.isFinite(lufs) || lufs >= 0 || lufs < -70) return 0;
  let gain = Math.max(-most, Math.min(most, target - lufs));
  if (gain > 0 && truePeak !== undefined && Number.isFinite(truePeak)) {
    gain = Math.max(0, Math.min(gain, ceiling - truePeak));
  }
  return gain;
}

export function fromDecibel(db: number): number {
  return 10 ** (db / 20);
}

/** A slider's 0–100 as an amplitude that follows the ear. */
export function fromSlider(value: number): number {
  const x = Math.max(0, Math.min(100, value)) / 100;
  return x * x;
}
