import assert from "node:assert/strict";
import { test } from "node:test";
import { beat, keyAction, type KeyContext } from "./keymap";

const free: KeyContext = { typing: false, inList: false, onPlay: false, onButton: false, onSlider: false, dialog: false, playable: true, single: true, modified: false };
const at = (change: Partial<KeyContext>): KeyContext => ({ ...free, ...change });

test("every key of the list does its thing", () => {
  const table: [string, string][] = [
    [" ", "toggle"], ["ArrowLeft", "back"], ["ArrowRight", "forward"], ["j", "previous"], ["K", "pause"], ["l", "next"], ["f", "like"], ["c", "crate"],
    ["b", "cart"], ["r", "loop"], ["x", "tick"], ["m", "mute"], ["/", "search"], ["?", "help"], ["Escape", "close"],
  ];
  for (const [key, action] of table) assert.equal(keyAction(key, free), action, key);
  assert.deepEqual(keyAction("3", free), { pad: 3 });
  assert.equal(keyAction("7", free), undefined);
});

test("nothing acts while typing but Escape", () => {
  const typing = at({ typing: true, inList: true, onPlay: true });
  for (const key of [" ", "ArrowUp", "ArrowLeft", "Enter", "f", "/", "?", "1"]) assert.equal(keyAction(key, typing), undefined, key);
  assert.equal(keyAction("Escape", typing), "close");
});

test("up and down scroll the page unless a row has the focus", () => {
  assert.equal(keyAction("ArrowDown", free), undefined);
  assert.equal(keyAction("ArrowDown", at({ inList: true })), "down");
  assert.equal(keyAction("ArrowUp", at({ inList: true })), "up");
  assert.equal(keyAction("ArrowDown", at({ inList: true, onSlider: true })), undefined);
});

test("single keys can be switched off; the others stay", () => {
  const off = at({ single: false });
  for (const key of ["f", "c", "b", "r", "x", "m", "j", "k", "l", "/", "?", "1"]) assert.equal(keyAction(key, off), undefined, key);
  assert.equal(keyAction(" ", off), "toggle");
  assert.equal(keyAction("ArrowRight", off), "forward");
});

test("keys keep their own jobs", () => {
  assert.equal(keyAction(" ", at({ onButton: true })), undefined, "Space presses a button");
  assert.equal(keyAction("ArrowLeft", at({ onSlider: true })), undefined, "arrows move a slider");
  assert.equal(keyAction("f", at({ modified: true })), undefined, "Ctrl+F searches the page");
  assert.equal(keyAction("f", at({ dialog: true })), undefined);
  assert.equal(keyAction("Enter", free), undefined);
  assert.equal(keyAction("Enter", at({ inList: true, onPlay: true })), "open");
  assert.equal(keyAction("ArrowLeft", at({ playable: false })), undefined);
});

test("a beat, or a second", () => {
  assert.equal(beat(120), 0.5);
  assert.equal(beat(undefined), 1);
  assert.equal(beat(0), 1);
});
