import assert from "node:assert/strict";
import { FrameBudget } from "../../src/media/frame_budget.ts";
import { printedRandom } from "../support/seeded_random.ts";

const START_MS = 1_000_000;
const OPTIONS = { most: 3, frameMs: 20 };

/** How many of a peer's frames pass. */
function passed(
  budget: FrameBudget,
  peer: { readonly intervalMs: number; readonly frames: number },
): number {
  let count = 0;
  for (let frame = 1; frame <= peer.frames; frame++) {
    if (budget.spend(START_MS + frame * peer.intervalMs)) count++;
  }
  return count;
}

const EIGHT_HOURS = 8 * 3600 * 50;

for (const ppm of [0, 2000, -2000]) {
  Deno.test(`a peer ${ppm} ppm fast loses no frame in eight hours`, () => {
    const budget = new FrameBudget(OPTIONS, START_MS);
    const intervalMs = 20 / (1 + ppm / 1e6);
    const count = passed(budget, { intervalMs, frames: EIGHT_HOURS });
    assert.equal(count, EIGHT_HOURS);
  });
}

Deno.test("a peer twice as fast as speech gets half of its frames through", () => {
  const budget = new FrameBudget(OPTIONS, START_MS);
  const count = passed(budget, { intervalMs: 10, frames: 10_000 });
  assert.ok(count >= 5000 && count <= 5060, `${count} of 10000`);
});

Deno.test("at once, exactly as many frames pass as were saved", () => {
  const budget = new FrameBudget(OPTIONS, START_MS);
  const spend = (nowMs: number) =>
    [1, 2, 3, 4, 5].map(() => budget.spend(nowMs));
  assert.deepEqual(spend(START_MS), [true, true, true, false, false]);
  const later = START_MS + 3_600_000;
  assert.deepEqual(spend(later), [true, true, true, false, false]);
  assert.deepEqual(spend(later + 40), [true, true, false, false, false]);
});

Deno.test("a refused frame costs nothing", () => {
  const budget = new FrameBudget(OPTIONS, START_MS);
  for (let i = 0; i < 100; i++) budget.spend(START_MS);
  assert.ok(budget.spend(START_MS + 20));
});

Deno.test("a jittering peer loses no frame, and no burst exceeds the bound", () => {
  const random = printedRandom("a jittering peer");
  const budget = new FrameBudget(OPTIONS, START_MS);
  for (let frame = 1; frame < 100_000; frame++) {
    const nowMs = START_MS + frame * 20 + random() * 19;
    assert.ok(budget.spend(nowMs), `frame ${frame}`);
  }
});

Deno.test("any peer gets no more through than time has earned", () => {
  const random = printedRandom("any peer");
  const budget = new FrameBudget({ most: 128, frameMs: 20 }, START_MS);
  let nowMs = START_MS;
  let count = 0;
  for (let frame = 0; frame < 100_000; frame++) {
    nowMs += random() < 0.9 ? 0 : random() * 100;
    if (budget.spend(nowMs)) count++;
    const earned = 128 + (nowMs - START_MS) * 1.01 / 20;
    assert.ok(count <= earned + 1e-6, `${count} frames of ${earned}`);
  }
});
