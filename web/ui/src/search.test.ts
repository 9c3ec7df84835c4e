import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Lookup, share, type Suggestion } from "./lookup";
import { Past } from "./past";

class Memory {
  private values = new Map<string, string>();
  getItem = (key: string): string | null => this.values.get(key) ?? null;
  setItem = (key: string, value: string): void => void this.values.set(key, value);
  removeItem = (key: string): void => void this.values.delete(key);
}

test("past searches are kept once, newest first, and cleared", () => {
  const past = new Past(new Memory());
  for (const text of ["dusty keys", " hi   hat ", "x", "Dusty Keys", "bpm:90 pad"]) past.add(text);
  assert.deepEqual(past.all(), ["bpm:90 pad", "Dusty Keys", "hi hat"]);
  assert.deepEqual(past.near("d", 5), ["Dusty Keys", "bpm:90 pad"]);
  assert.deepEqual(past.near("dusty keys", 5), []);
  assert.deepEqual(past.near("", 2), ["bpm:90 pad", "Dusty Keys"]);
  for (let i = 0; i < 40; i++) past.add(`word ${i}`);
  assert.equal(past.all().length, 20);
  past.clear();
  assert.deepEqual(past.all(), []);
});

test("past searches that are not to be kept are forgotten and stay so", () => {
  const store = new Memory();
  const past = new Past(store);
  past.add("dusty keys");
  past.keep(false);
  past.add("another");
  assert.deepEqual(new Past(store).all(), []);
  assert.equal(new Past(store).kept, false);
  past.keep(true);
  assert.deepEqual(past.all(), []);
  past.add("another");
  assert.deepEqual(past.all(), ["another"]);
});

test("a store that throws or holds something else is no store", () => {
  const broken = (): never => {
    throw new Error("no");
  };
  const none = new Past({ getItem: broken, setItem: broken, removeItem: broken });
  none.add("dusty");
  none.clear();
  assert.deepEqual(none.all(), []);
  const other = new Memory();
  other.setItem("crateful-searches", '{"a":1}');
  assert.deepEqual(new Past(other).all(), []);
  other.setItem("crateful-searches", "[1,");
  assert.deepEqual(new Past(other).all(), []);
});

const item = (kind: string, text: string): Suggestion => ({ kind, text, url: `/${kind}/${text}` });

test("no kind fills the list", () => {
  const all = ["sound", "pack", "producer", "tag", "news"].flatMap((kind) => [1, 2, 3, 4].map((i) => item(kind, String(i))));
  const kinds = share(all).map((one) => one.kind);
  assert.deepEqual(kinds, ["sound", "sound", "sound", "pack", "pack", "pack", "producer", "producer", "tag", "tag"]);
});

test("only a pause asks, and only the newest answer counts", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const answers = new Map<string, (items: Suggestion[]) => void>();
  const failures = new Map<string, (why: Error) => void>();
  const shown: string[] = [];
  const lookup = new Lookup(
    (words) => new Promise((resolve, reject) => (answers.set(words, resolve), failures.set(words, reject))),
    (words, items) => shown.push(`${words}: ${items.map((one) => one.text).join(" ")}`),
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (const typed of ["d", "du", "dus", "dust"]) {
    lookup.typed(typed);
    mock.timers.tick(60);
  }
  assert.deepEqual(shown, ["d: "]);
  assert.equal(answers.size, 0);
  mock.timers.tick(60);
  assert.deepEqual([...answers.keys()], ["dust"]);
  lookup.typed("dusty ");
  mock.timers.tick(120);
  answers.get("dusty")?.([item("tag", "new")]);
  await settled();
  answers.get("dust")?.([item("tag", "old")]);
  await settled();
  assert.deepEqual(shown.slice(1), ["dusty: new"]);
  lookup.typed("dusty k");
  mock.timers.tick(120);
  failures.get("dusty k")?.(new Error("away"));
  await settled();
  lookup.typed("dusty ke");
  mock.timers.tick(120);
  lookup.stop();
  answers.get("dusty ke")?.([item("tag", "late")]);
  await settled();
  assert.deepEqual(shown.slice(1), ["dusty: new"]);
  mock.timers.reset();
});
