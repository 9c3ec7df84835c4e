import assert from "node:assert/strict";
import { test } from "node:test";
import { clock } from "./time";
import { barsOf } from "./wave";
import { fill } from "./words";

test("lengths", () => {
  assert.deepEqual([0, 0.2, 11, 134, 3723].map((s) => clock(s)), ["0:00", "0:01", "0:11", "2:14", "1:02:03"]);
  assert.equal(clock(10.9, true), "0:10");
});

test("bars come back out of the path", () => {
  assert.deepEqual(barsOf("M1 0v32m3-24v16m3-9v2"), [1, 0.5, 0.0625]);
});

test("placeholders", () => {
  assert.equal(fill("Play {name}, {count} of {x}", { name: "a{b}", count: 3 }), "Play a{b}, 3 of {x}");
});
