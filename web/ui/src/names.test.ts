import assert from "node:assert/strict";
import { test } from "node:test";
import { splitName } from "./names";
import rows from "../../internal/view/testdata/names.json";

test("names are cut where the server cuts them", () => {
  for (const row of rows as { name: string; head: string; tail: string }[]) {
    assert.deepEqual(splitName(row.name), { head: row.head, tail: row.tail }, row.name);
  }
});

test("no character is lost", () => {
  for (const name of ["a_b_c.wav", "é".repeat(50), "👩‍🎤_vocal_take_120.wav", "_", " - ", "x".repeat(300)]) {
    const { head, tail } = splitName(name);
    assert.equal(head + tail, name);
  }
});
