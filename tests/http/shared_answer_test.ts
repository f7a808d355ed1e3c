import assert from "node:assert/strict";
import { shareAnswer } from "../../src/http/shared_answer.ts";

/** Answers that a test gives when it likes, with a clock of its own. */
function rig() {
  const asked: PromiseWithResolvers<string>[] = [];
  const clock = { nowMs: 0 };
  const ask = shareAnswer(() => {
    const one = Promise.withResolvers<string>();
    asked.push(one);
    return one.promise;
  }, { keepMs: 1000, now: () => clock.nowMs });
  return { asked, clock, ask };
}

Deno.test("who asks while an answer is made gets the same one, however long it takes", async () => {
  const { asked, clock, ask } = rig();
  const first = ask();
  clock.nowMs = 5000;
  const others = [ask(), ask()];
  asked[0].resolve("a");
  assert.deepEqual(await Promise.all([first, ...others]), ["a", "a", "a"]);
  assert.equal(asked.length, 1);
});

Deno.test("an answer is given again for its time, and then made anew", async () => {
  const { asked, clock, ask } = rig();
  const first = ask();
  asked[0].resolve("a");
  await first;
  clock.nowMs = 999;
  assert.equal(await ask(), "a");
  clock.nowMs = 1000;
  const next = ask();
  asked[1].resolve("b");
  assert.equal(await next, "b");
  assert.equal(asked.length, 2);
});

Deno.test("an answer that failed is not given again", async () => {
  const { asked, ask } = rig();
  const first = ask();
  asked[0].reject(new Error("no"));
  await assert.rejects(first, /no/);
  const next = ask();
  asked[1].resolve("b");
  assert.equal(await next, "b");
});
