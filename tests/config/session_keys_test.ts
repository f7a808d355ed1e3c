import assert from "node:assert/strict";
import { parseSessionKeys } from "../../src/config/session_keys.ts";

const [A, B] = ["a1".repeat(32), "b2".repeat(32)];

Deno.test("the keys of a ring keep their order and their names", () => {
  const { keys, problems } = parseSessionKeys(
    ` new:${A}, old:${B.toUpperCase()} ,`,
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(keys.map(({ id }) => id), ["new", "old"]);
  assert.deepEqual(keys.map(({ bytes }) => bytes.toHex()), [A, B]);
});

Deno.test("a ring with mistakes names each, and repeats no key", () => {
  const { problems } = parseSessionKeys(`x:${A},x:${B},${A},y:${A}00`);
  assert.equal(problems.length, 3);
  for (const secret of [A, B]) assert.ok(!problems.join().includes(secret));
});
