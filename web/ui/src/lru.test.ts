import assert from "node:assert/strict";
import { test } from "node:test";
import { Lru } from "./lru";

test("the least used goes first, and the limit holds", () => {
  const kept = new Lru<string>(100);
  kept.set("a", "A", 40);
  kept.set("b", "B", 40);
  assert.equal(kept.get("a"), "A");
  kept.set("c", "C", 40);
  assert.equal(kept.get("b"), undefined);
  assert.equal(kept.get("a"), "A");
  assert.equal(kept.bytes, 80);
});

test("what is too large is not kept, and replacing counts once", () => {
  const kept = new Lru<string>(100);
  kept.set("a", "A", 101);
  assert.equal(kept.has("a"), false);
  kept.set("b", "B", 60);
  kept.set("b", "BB", 70);
  assert.equal(kept.bytes, 70);
  kept.set("b", "big", 200);
  assert.equal(kept.bytes, 0);
});
