import assert from "node:assert/strict";
import { LegClock } from "../../src/media/leg_clock.ts";
import { FakeTimers } from "../support/fake_timers.ts";

function counter() {
  const leg = { ticks: 0, lastMs: 0, tick };
  function tick(nowMs: number) {
    leg.ticks++;
    leg.lastMs = nowMs;
  }
  return leg;
}

Deno.test("a clock tells every leg the time each 20 ms", async () => {
  using timers = new FakeTimers();
  const clock = new LegClock();
  const legs = [counter(), counter()];
  for (const leg of legs) clock.add(leg);
  await timers.pass(19);
  assert.deepEqual(legs.map(({ ticks }) => ticks), [0, 0]);
  await timers.pass(981);
  for (const leg of legs) {
    assert.equal(leg.ticks, 50);
    assert.equal(leg.lastMs, performance.now());
    clock.remove(leg);
  }
});

Deno.test("a clock runs one timer, and only while there are legs", async () => {
  using timers = new FakeTimers();
  const clock = new LegClock();
  const [first, second] = [counter(), counter()];
  assert.equal(timers.pending, 0);
  clock.add(first);
  clock.add(second);
  assert.equal(timers.pending, 1);
  clock.remove(first);
  await timers.pass(20);
  assert.deepEqual([first.ticks, second.ticks], [0, 1]);
  clock.remove(second);
  clock.remove(second);
  assert.equal(timers.pending, 0);
  clock.add(first);
  await timers.pass(20);
  assert.equal(first.ticks, 1);
  clock.remove(first);
});

Deno.test("a leg that leaves while the clock ticks does not keep the others from it", async () => {
  using timers = new FakeTimers();
  const clock = new LegClock();
  const leaving = { tick: () => clock.remove(leaving) };
  const staying = counter();
  clock.add(leaving);
  clock.add(staying);
  await timers.pass(40);
  assert.equal(staying.ticks, 2);
  clock.remove(staying);
});
