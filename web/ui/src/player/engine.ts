/** What makes one sound audible. */
export interface Engine {
  readonly duration: number; // seconds
  readonly position: number; // seconds
  start(at: number, loop: boolean): Promise<void>;
  stop(): void; // keeps the position
  seek(at: number): void;
  loop(on: boolean): void;
  gain(amplitude: number): void; // level matching of this sound
  dispose(): void;
}

/** Called when a sound that does not repeat is over. */
export type Ended = () => void;
