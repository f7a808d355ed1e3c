import assert from "node:assert/strict";
import { seededRandom } from "../../../tools/chaos/seeded_random.ts";
import { planStorm } from "../../../tools/chaos/storm_plan.ts";

Deno.test("a storm is the same for the same seed, and another for another", () => {
  const size = { faults: 50, seconds: 10 };
  const plan = (seed: number) => planStorm(seededRandom(seed), size);
  assert.deepEqual(plan(3), plan(3));
  assert.notDeepEqual(plan(3), plan(4));
});

Deno.test("a storm has as many faults as asked for, of all kinds, in the order of their times", () => {
  const plan = planStorm(seededRandom(1), { faults: 2000, seconds: 60 });
  assert.equal(plan.length, 2000);
  assert.equal(new Set(plan.map(({ kind }) => kind)).size, 14);
  const times = plan.map(({ atMs }) => atMs);
  assert.deepEqual(times, times.toSorted((a, b) => a - b));
  assert.ok(times[0] >= 0 && times.at(-1)! < 60_000);
  for (const { which, lastsMs, kind } of plan) {
    assert.ok(which >= 0 && which < 1);
    assert.ok(kind !== "model cut" || lastsMs === 0);
  }
});

Deno.test("the random numbers lie evenly between 0 and 1", () => {
  const random = seededRandom(9);
  const buckets = new Array(10).fill(0);
  for (let i = 0; i < 10_000; i++) buckets[Math.floor(random() * 10)]++;
  for (const count of buckets) assert.ok(count > 850 && count < 1150);
});
