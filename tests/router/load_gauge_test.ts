import assert from "node:assert/strict";
import { LoadGauge } from "../../src/router/load_gauge.ts";
import { FakeTimers } from "../support/fake_timers.ts";

function open(limitMs = 100) {
  const rings = { overruns: 0 };
  const gauge = new LoadGauge({ limitMs, overruns: () => rings.overruns });
  return { gauge, rings };
}

Deno.test("a node that keeps up is not overloaded", async () => {
  using timers = new FakeTimers();
  const { gauge } = open();
  await timers.pass(10_000);
  assert.equal(gauge.overloaded, false);
  assert.equal(gauge.delaysMs.get("main"), 0);
  gauge.close();
  assert.equal(timers.pending, 0);
});

Deno.test("one pause is no overload, late in two seconds in a row is, until one is in time", async () => {
  using timers = new FakeTimers();
  const { gauge } = open();
  timers.sleep(500);
  await timers.pass(1000);
  assert.ok(gauge.delaysMs.get("main")! >= 400);
  assert.equal(gauge.overloaded, false);
  for (let i = 0; i < 3; i++) {
    gauge.note("shard-0", 150);
    await timers.pass(1000);
  }
  assert.equal(gauge.overloaded, true);
  await timers.pass(1000);
  assert.equal(gauge.overloaded, false);
  gauge.close();
});

Deno.test("a ring that overflows is overload for a second", async () => {
  using timers = new FakeTimers();
  const { gauge, rings } = open();
  rings.overruns = 3;
  await timers.pass(1000);
  assert.equal(gauge.overloaded, true);
  await timers.pass(1000);
  assert.equal(gauge.overloaded, false);
  gauge.close();
});

Deno.test("without a limit nothing is overload", async () => {
  using timers = new FakeTimers();
  const { gauge, rings } = open(0);
  for (let i = 0; i < 5; i++) {
    rings.overruns++;
    gauge.note("shard-0", 5000);
    await timers.pass(1000);
  }
  assert.equal(gauge.overloaded, false);
  gauge.close();
});

Deno.test("the worst delay of the last seconds is shown by thread, then forgotten", async () => {
  using timers = new FakeTimers();
  const { gauge } = open();
  gauge.note("shard-1", 7);
  gauge.note("shard-1", 3);
  assert.equal(gauge.delaysMs.get("shard-1"), 7);
  await timers.pass(1000);
  assert.equal(gauge.delaysMs.get("shard-1"), 7);
  await timers.pass(1000);
  assert.equal(gauge.delaysMs.get("shard-1"), undefined);
  gauge.close();
});
