import assert from "node:assert/strict";
import { SupplierBreakers } from "../../src/router/supplier_breakers.ts";
import { FakeTimers } from "../support/fake_timers.ts";

function open() {
  const changes: string[][] = [];
  const breakers = new SupplierBreakers({
    changed: (unavailable) => changes.push([...unavailable]),
  });
  const fail = (times: number, supplier = "stepfun") => {
    for (let i = 0; i < times; i++) breakers.report(supplier, "unreachable");
  };
  return { breakers, changes, fail };
}

Deno.test("a supplier rests after five failures in a row, and no other does", () => {
  using _timers = new FakeTimers();
  const { breakers, changes, fail } = open();
  fail(4);
  breakers.report("stepfun", "ok");
  fail(4);
  assert.deepEqual(changes, []);
  fail(1);
  fail(3);
  breakers.report("qwen", "unreachable");
  assert.deepEqual(changes, [["stepfun"]]);
  breakers.close();
});

Deno.test("a supplier that opens conversations and answers none of five rests, until one answers", async () => {
  using timers = new FakeTimers();
  const { breakers, changes } = open();
  for (let i = 0; i < 4; i++) {
    breakers.report("stepfun", "ok");
    breakers.report("stepfun", "abandoned");
  }
  breakers.report("qwen", "answered");
  assert.deepEqual(changes, []);
  breakers.report("stepfun", "abandoned");
  assert.deepEqual(changes, [["stepfun"]]);
  // That it opens another one says nothing.
  breakers.report("stepfun", "ok");
  assert.deepEqual(breakers.unavailable, ["stepfun"]);
  await timers.pass(10_000);
  assert.deepEqual(breakers.unavailable, []);
  breakers.report("stepfun", "abandoned");
  await timers.pass(19_999);
  assert.deepEqual(breakers.unavailable, ["stepfun"]);
  breakers.report("stepfun", "answered");
  assert.deepEqual(breakers.unavailable, []);
  breakers.report("stepfun", "abandoned");
  assert.deepEqual(breakers.unavailable, []);
  assert.equal(timers.pending, 0);
});

Deno.test("a supplier of which both breakers are open is named once, and until both are closed", () => {
  using _timers = new FakeTimers();
  const { breakers, fail } = open();
  for (let i = 0; i < 5; i++) breakers.report("stepfun", "abandoned");
  fail(5);
  assert.deepEqual(breakers.unavailable, ["stepfun"]);
  breakers.report("stepfun", "ok");
  assert.deepEqual(breakers.unavailable, ["stepfun"]);
  breakers.report("stepfun", "answered");
  assert.deepEqual(breakers.unavailable, []);
  breakers.close();
});

for (const outcome of ["unauthorized", "payment", "not_found"] as const) {
  Deno.test(`a supplier that answers ${outcome} rests at once`, () => {
    using _timers = new FakeTimers();
    const { breakers } = open();
    breakers.report("qwen", outcome);
    assert.deepEqual(breakers.unavailable, ["qwen"]);
    breakers.close();
  });
}

Deno.test("after its rest a supplier is tried again: one failure and it rests twice as long", async () => {
  using timers = new FakeTimers();
  const { breakers, changes, fail } = open();
  fail(5);
  await timers.pass(10_000);
  assert.deepEqual(changes, [["stepfun"], []]);
  fail(1);
  await timers.pass(19_999);
  assert.deepEqual(breakers.unavailable, ["stepfun"]);
  await timers.pass(1);
  breakers.report("stepfun", "ok");
  fail(4);
  assert.deepEqual(breakers.unavailable, []);
  fail(1);
  await timers.pass(10_000);
  assert.deepEqual(breakers.unavailable, []);
  breakers.close();
});

Deno.test("a success that began before the rest ends it", () => {
  using timers = new FakeTimers();
  const { breakers, changes, fail } = open();
  fail(5);
  breakers.report("stepfun", "ok");
  assert.deepEqual(changes, [["stepfun"], []]);
  assert.equal(timers.pending, 0);
});

Deno.test("no rest is longer than five minutes, and closing stops all", async () => {
  using timers = new FakeTimers();
  const { breakers, fail } = open();
  for (let i = 0; i < 12; i++) {
    fail(5);
    await timers.pass(300_000);
    assert.deepEqual(breakers.unavailable, []);
  }
  fail(5);
  breakers.close();
  assert.equal(timers.pending, 0);
});
