import assert from "node:assert/strict";
import { shareAnswer } from "../../src/http/shared_answer.ts";

/** Answers that a test gives when it likes. */
function rig() {
  const asked: PromiseWithResolvers<string>[] = [];
  const ask = shareAnswer(() => {
    const one = Promise.withResolvers<string>();
    asked.push(one);
    return one.promise;
  });
  return { asked, ask };
}

Deno.test("who asks while an answer is made gets the same one, and who asks later another one", async () => {
  const { asked, ask } = rig();
  const all = [ask(), ask(), ask()];
  asked[0].resolve("a");
  assert.deepEqual(await Promise.all(all), ["a", "a", "a"]);
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
