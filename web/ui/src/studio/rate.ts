/** Smooths a growing amount into an amount per second. */
export class Rate {
  private last: { at: number; amount: number } | undefined;
  private smooth = 0;

  /** at in ms, amount in bytes so far; gives bytes per second. */
  at(at: number, amount: number): number {
    if (!this.last || amount < this.last.amount) {
      this.last = { at, amount };
      this.smooth = 0;
      return 0;
    }
    const seconds = (at - this.last.at) / 1000;
    if (seconds >= 0.5) {
      const now = (amount - this.last.amount) / seconds;
      this.smooth = this.smooth === 0 ? now : this.smooth * 0.7 + now * 0.3;
      this.last = { at, amount };
    }
    return this.smooth;
  }
}
