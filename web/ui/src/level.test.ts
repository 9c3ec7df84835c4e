import assert from "node:assert/strict";
import { test } from "node:test";
import { fromDecibel, fromSlider, levelGain } from "./level";

test("sounds are brought to one loudness, by at most 6 dB", () => {
  assert.equal(levelGain(-16, -3), 0);
  assert.equal(levelGain(-12, -3), -4);
  assert.equal(levelGain(-4, 0), -6);
  assert.equal(levelGain(-19, -20), 3);
  assert.equal(levelGain(-40, -30), 6);
});

test("raising stops 1 dB below full scale", () => {
  assert.equal(levelGain(-20, -3), 2);
  assert.equal(levelGain(-20, -1), 0);
  assert.equal(levelGain(-20, 0.4), 0, "a sound over full scale is not raised, nor lowered for it");
  assert.equal(levelGain(-20, undefined), 4);
});

test("unknown loudness changes nothing", () => {
  for (const lufs of [undefined, Number.NaN, -Infinity, 0, -90]) assert.equal(levelGain(lufs, -3), 0);
});

test("decibels and the slider", () => {
  assert.equal(fromDecibel(0), 1);
  assert.ok(Math.abs(fromDecibel(-6) - 0.501) < 0.001);
  assert.deepEqual([fromSlider(0), fromSlider(100), fromSlider(50), fromSlider(400)], [0, 1, 0.25, 1]);
});
