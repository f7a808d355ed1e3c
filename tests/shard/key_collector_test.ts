import assert from "node:assert/strict";
import { KeyCollector } from "../../src/shard/key_collector.ts";
import { FakeTimers } from "../support/fake_timers.ts";

function collect() {
  const numbers: string[] = [];
  const keys = new KeyCollector((number) => numbers.push(number));
  const press = (text: string) => {
    for (const key of text) keys.press(key);
  };
  return { keys, press, numbers };
}

Deno.test("a hash ends a number at once and belongs to it", () => {
  using timers = new FakeTimers();
  const { press, numbers } = collect();
  press("12#7#");
  assert.deepEqual(numbers, ["12#", "7#"]);
  assert.equal(timers.pending, 0);
});

Deno.test("a pause of 1.5 s ends a number, and each key begins it anew", async () => {
  using timers = new FakeTimers();
  const { press, numbers } = collect();
  press("1");
  await timers.pass(1499);
  press("2*");
  await timers.pass(1499);
  assert.deepEqual(numbers, []);
  await timers.pass(1);
  assert.deepEqual(numbers, ["12*"]);
  await timers.pass(10_000);
  assert.deepEqual(numbers, ["12*"]);
});

Deno.test("a number of 32 keys is full", () => {
  using timers = new FakeTimers();
  const { press, numbers, keys } = collect();
  press("5".repeat(33));
  assert.deepEqual(numbers, ["5".repeat(32)]);
  assert.equal(timers.pending, 1);
  keys.close();
});

Deno.test("a collector that is closed forgets what was pressed", async () => {
  using timers = new FakeTimers();
  const { press, numbers, keys } = collect();
  press("123");
  keys.close();
  keys.close();
  await timers.pass(10_000);
  assert.deepEqual(numbers, []);
  assert.equal(timers.pending, 0);
});
