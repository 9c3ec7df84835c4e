// Asks while somebody types: once they pause, and only the answer to the newest question counts.

export interface Suggestion {
  kind: string;
  text: string;
  detail?: string;
  url: string;
}

type Ask = (words: string, signal: AbortSignal) => Promise<Suggestion[]>;

const pause = 120; // ms after the last key
const shares: Record<string, number> = { sound: 3, pack: 3, producer: 2, tag: 2 };

/** A few of each kind, so that no kind fills the list alone. */
export function share(items: Suggestion[]): Suggestion[] {
  const taken: Record<string, number> = {};
  return items.filter((item) => {
    taken[item.kind] = (taken[item.kind] ?? 0) + 1;
    return (taken[item.kind] ?? 0) <= (shares[item.kind] ?? 0);
  });
}

export class Lookup {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asking: AbortController | undefined;

  constructor(
    private readonly ask: Ask,
    private readonly found: (words: string, items: Suggestion[]) => void,
  ) {}

  typed(words: string): void {
    this.stop();
    words = words.trim();
    if (words.length < 2) {
      this.found(words, []);
      return;
    }
    this.timer = setTimeout(() => void this.now(words), pause);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.asking = undefined;
  }

  private async now(words: string): Promise<void> {
    const mine = new AbortController();
    this.asking = mine;
    let items: Suggestion[] | undefined;
    try {
      items = share(await this.ask(words, mine.signal));
    } catch {
      return; // a search box without suggestions still searches, and what is shown stays
    }
    if (this.asking === mine && !mine.signal.aborted) this.found(words, items);
  }
}
