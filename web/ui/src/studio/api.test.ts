import assert from "node:assert/strict";
import { test } from "node:test";
import { ended, session, signedIn, whenSignedIn } from "./api";

test("a refusal that comes late holds nothing up after a sign-in", async () => {
  const before = session();
  ended(before);
  let went = false;
  const waiting = whenSignedIn().then(() => (went = true));
  await Promise.resolve();
  assert.equal(went, false);
  signedIn();
  await waiting;
  ended(before); // a call that began while the old session was over
  await whenSignedIn();
});

test("a session may end again, and coming back goes on each time", async () => {
  for (let i = 0; i < 2; i++) {
    ended(session());
    const waiting = whenSignedIn();
    signedIn();
    await waiting;
  }
  signedIn(); // nothing waits
  const now = session();
  ended(now);
  signedIn();
  assert.equal(session(), now + 1);
});
