/** The heights of a waveform's bars, 0–1, from the path that draws them in a box of 288 × 32. */
export function barsOf(path: string): number[] {
  return [...path.matchAll(/v(\d+)/g)].map((m) => Number(m[1]) / 32);
}
