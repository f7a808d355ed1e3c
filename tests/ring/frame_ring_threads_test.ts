import assert from "node:assert/strict";
import { FrameConsumer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { readPattern, takeFrame } from "../support/ring_frames.ts";
import { RingThread } from "../support/ring_thread.ts";
import type { ProducerReport } from "../support/ring_worker.ts";
import {
  between,
  printedRandom,
  type Random,
  spin,
} from "../support/seeded_random.ts";

const FRAMES = 20_000;
const FRAME_SAMPLES = 160;
const DEADLINE_MS = 60_000;

/** Takes every frame that the other thread gives, at a changing speed; returns their numbers. */
function takeAll(ring: FrameConsumer, random: Random): number[] {
  const taken: number[] = [];
  const endMs = performance.now() + DEADLINE_MS;
  while (ring.readIndex < FRAMES) {
    assert.ok(performance.now() < endMs, `stuck at frame ${ring.readIndex}`);
    if (random() < 0.05) spin(random, between(random, 0, 40_000));
    const frame = takeFrame(ring);
    if (frame !== undefined) taken.push(readPattern(frame));
  }
  return taken;
}

Deno.test("two threads lose, double and tear no frame", async () => {
  const random = printedRandom("frames of two threads");
  const rings = allocateRings();
  const consumer = new FrameConsumer(ringsOf(rings).downlink, FRAME_SAMPLES);
  using thread = new RingThread({
    task: "produce",
    rings,
    seed: random() * 2 ** 32,
    frames: FRAMES,
    frameSamples: FRAME_SAMPLES,
    flush: false,
  });
  const taken = takeAll(consumer, random);
  const report = await thread.result<ProducerReport>();
  assert.equal(taken.length, FRAMES);
  assert.ok(taken.every((index, i) => index === i));
  assert.ok(report.refusals > 0, "the ring was never full");
  assert.equal(report.countedRefusals, report.refusals);
  assert.equal(consumer.discardedFrames, 0);
});

Deno.test("the frames that two threads drop by flushes are exactly those reported", async () => {
  const random = printedRandom("flushes of two threads");
  const rings = allocateRings();
  const consumer = new FrameConsumer(ringsOf(rings).downlink, FRAME_SAMPLES);
  using thread = new RingThread({
    task: "produce",
    rings,
    seed: random() * 2 ** 32,
    frames: FRAMES,
    frameSamples: FRAME_SAMPLES,
    flush: true,
  });
  const taken = new Set(takeAll(consumer, random));
  // The last flush may have to be obeyed still.
  takeFrame(consumer);
  const { flushes } = await thread.result<ProducerReport>();
  const dropped = new Set<number>();
  for (const { mark, at } of flushes) {
    for (let index = at; index < mark; index++) dropped.add(index);
  }
  assert.ok(flushes.some(({ mark, at }) => at < mark), "nothing was dropped");
  assert.equal(consumer.discardedFrames, dropped.size);
  assert.equal(taken.size + dropped.size, FRAMES);
  for (const index of dropped) assert.ok(!taken.has(index));
});
