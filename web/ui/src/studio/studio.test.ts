import assert from "node:assert/strict";
import { test } from "node:test";
import { change, minor } from "./cells";
import { bytes, clock } from "./format";
import { Rate } from "./rate";

test("prices are exact minor units or nothing", () => {
  assert.equal(minor("0.80 €"), 80);
  assert.equal(minor("0,8"), 80);
  assert.equal(minor("12"), 1200);
  for (const wrong of ["", "1.234", "-1", "1.2.3", "ten", "1e3", "99999999"]) assert.equal(minor(wrong), undefined, wrong);
});

test("a cell says what it changes", () => {
  assert.deepEqual(change("tags", "dry,  tape ,", "EUR"), { tags: ["dry", "tape"] });
  assert.deepEqual(change("tempo", "-", "EUR"), { tempo: 0 });
  assert.deepEqual(change("tempo", "92,5", "EUR"), { tempo: 92.5 });
  assert.equal(change("tempo", "fast", "EUR"), undefined);
  assert.deepEqual(change("key", "-", "EUR"), { key: "" });
  assert.deepEqual(change("price", "-", "EUR"), { price: { amount: -1, currency: "EUR" } }); // only with the pack
  assert.deepEqual(change("price", "", "EUR"), { price: { amount: -2, currency: "EUR" } }); // as the pack says
  assert.equal(change("name", " ", "EUR"), undefined);
});

test("sizes and times are short", () => {
  assert.equal(bytes(999), "999\u00a0B");
  assert.equal(bytes(4_200_000), "4.2\u00a0MB");
  assert.equal(bytes(812_000_000), "812\u00a0MB");
  assert.equal(clock(125), "2:05");
  assert.equal(clock(3725), "1:02:05");
});

test("the rate settles and begins anew when the amount falls", () => {
  const rate = new Rate();
  rate.at(0, 0);
  assert.equal(rate.at(1000, 1000), 1000);
  assert.equal(rate.at(2000, 2000), 1000);
  assert.equal(rate.at(2500, 0), 0);
});
