import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, ended, goOn, onConnection, session, whenSignedIn } from "./api";

test("a refusal that comes late holds nothing up after a sign-in", async () => {
  const before = session();
  ended(before);
  let went = false;
  const waiting = whenSignedIn().then(() => (went = true));
  await Promise.resolve();
  assert.equal(went, false);
  goOn();
  await waiting;
  ended(before); // a call that began while the old session was over
  await whenSignedIn();
  answered(session());
});

test("a session may end again, and coming back goes on each time", async () => {
  for (let i = 0; i < 2; i++) {
    ended(session());
    const waiting = whenSignedIn();
    goOn();
    await waiting;
  }
  goOn(); // nothing waits
  const now = session();
  ended(now);
  goOn();
  assert.equal(session(), now + 1);
  answered(session());
});

test("the page says that the session ended until a call of a later one is answered", () => {
  const said: boolean[] = [];
  const page = new AbortController();
  const { addEventListener } = globalThis;
  globalThis.addEventListener = () => {};
  onConnection((now) => said.push(now.signedOut), page.signal);
  globalThis.addEventListener = addEventListener;
  const before = session();
  ended(before);
  answered(before); // sent while the session was there still
  goOn();
  answered(before);
  ended(session()); // nobody had signed in: nothing is said anew
  goOn();
  answered(session());
  page.abort();
  assert.deepEqual(said, [true, false]);
});
