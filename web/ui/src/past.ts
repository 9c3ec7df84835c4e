// One's own past searches: kept on this device alone, newest first, until one clears them or says not to keep them.

type Store = Pick<Storage, "getItem" | "setItem" | "removeItem">;

const list = "crateful-searches";
const off = "crateful-searches-off";
const most = 20;
const longest = 200;

export class Past {
  constructor(private readonly store: Store) {}

  get kept(): boolean {
    return this.read(off) === null;
  }

  all(): string[] {
    if (!this.kept) return [];
    try {
      const found: unknown = JSON.parse(this.read(list) ?? "[]");
      return Array.isArray(found) ? found.filter((text) => typeof text === "string") : [];
    } catch {
      return [];
    }
  }

  add(text: string): void {
    text = text.trim().replace(/\s+/g, " ");
    if (!this.kept || text.length < 2 || text.length > longest) return;
    const same = text.toLowerCase();
    const others = this.all().filter((one) => one.toLowerCase() !== same);
    this.write(list, JSON.stringify([text, ...others].slice(0, most)));
  }

  /** Those that hold what is typed, those that begin with it first; nothing typed: the newest. */
  near(typed: string, count: number): string[] {
    typed = typed.trim().toLowerCase();
    const found = this.all().filter((one) => one.toLowerCase() !== typed && one.toLowerCase().includes(typed));
    const begins = (one: string): number => (one.toLowerCase().startsWith(typed) ? 0 : 1);
    return found.sort((a, b) => begins(a) - begins(b)).slice(0, count);
  }

  clear(): void {
    this.guard(() => this.store.removeItem(list));
  }

  keep(on: boolean): void {
    if (on) this.guard(() => this.store.removeItem(off));
    else {
      this.clear();
      this.write(off, "1");
    }
  }

  private read(key: string): string | null {
    try {
      return this.store.getItem(key);
    } catch {
      return null; // a browser that stores nothing
    }
  }

  private write(key: string, value: string): void {
    this.guard(() => this.store.setItem(key, value));
  }

  private guard(act: () => void): void {
    try {
      act();
    } catch {
      // A full or forbidden store: a search box without past searches still searches.
    }
  }
}
