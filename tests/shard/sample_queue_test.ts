import assert from "node:assert/strict";
import { SampleQueue } from "../../src/shard/sample_queue.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

function ramp(from: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => from + i);
}

function take(queue: SampleQueue, length: number): Int16Array {
  const frame = new Int16Array(length);
  queue.take(frame);
  return frame;
}

Deno.test("samples leave in the order in which they came, across chunks", () => {
  const queue = new SampleQueue();
  queue.push(ramp(0, 3));
  queue.push(ramp(3, 0));
  queue.push(ramp(3, 5));
  assert.equal(queue.samples, 8);
  assert.deepEqual(take(queue, 2), ramp(0, 2));
  assert.deepEqual(take(queue, 5), ramp(2, 5));
  assert.equal(queue.samples, 1);
  assert.deepEqual(take(queue, 1), ramp(7, 1));
  assert.equal(queue.samples, 0);
});

Deno.test("a queue that was cleared in the middle of a chunk begins anew", () => {
  const queue = new SampleQueue();
  queue.push(ramp(0, 10));
  take(queue, 4);
  queue.clear();
  assert.equal(queue.samples, 0);
  queue.push(ramp(100, 4));
  assert.deepEqual(take(queue, 4), ramp(100, 4));
});

Deno.test("any chunks and any frames give the same stream", () => {
  const random = printedRandom("chunks and frames");
  const queue = new SampleQueue();
  let pushed = 0;
  let taken = 0;
  for (let step = 0; step < 5000; step++) {
    const chunk = ramp(0, between(random, 0, 200));
    for (let i = 0; i < chunk.length; i++) chunk[i] = pushed++;
    queue.push(chunk);
    while (queue.samples > between(random, 0, 2000)) {
      const frame = take(
        queue,
        between(random, 1, Math.min(160, queue.samples)),
      );
      for (const sample of frame) assert.equal(sample, taken++ << 16 >> 16);
    }
    assert.equal(queue.samples, pushed - taken);
  }
});
