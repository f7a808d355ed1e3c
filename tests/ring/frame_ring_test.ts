import assert from "node:assert/strict";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import {
  allocateRings,
  allocateSlab,
  clearRings,
  type RingPlace,
  ringsOf,
} from "../../src/ring/layout.ts";
import { printedRandom } from "../support/seeded_random.ts";
import {
  patternFrame,
  readPattern,
  takeFrame,
} from "../support/ring_frames.ts";

/** Of the downlink ring at 8 kHz. */
const DOWNLINK_SAMPLES = 2560;
/** Frames so large that three fit, so that every few steps come round. */
const LARGE_SAMPLES = 850;

function openRing(frameSamples: number, rings = allocateRings()) {
  const { downlink } = ringsOf(rings);
  return {
    producer: new FrameProducer(downlink, frameSamples),
    consumer: new FrameConsumer(downlink, frameSamples),
  };
}

function give(ring: FrameProducer): boolean {
  return ring.put(patternFrame(ring.frameSamples, ring.writeIndex));
}

function take(ring: FrameConsumer): number | undefined {
  const frame = takeFrame(ring);
  return frame && readPattern(frame);
}

Deno.test("a ring gives frames in order and then nothing", () => {
  const { producer, consumer } = openRing(160);
  for (let i = 0; i < 3; i++) give(producer);
  assert.equal(consumer.queuedFrames, 3);
  assert.deepEqual([0, 1, 2, 3].map(() => take(consumer)), [
    0,
    1,
    2,
    undefined,
  ]);
  assert.equal(producer.queuedFrames, 0);
});

/** By rate and length of a frame, in milliseconds. */
const CAPACITIES = [
  [8000, 10, 200, 32],
  [8000, 20, 100, 16],
  [8000, 30, 66, 10],
  [8000, 40, 50, 8],
  [8000, 60, 33, 5],
  [16_000, 20, 100, 16],
  [16_000, 60, 33, 5],
  [48_000, 10, 68, 32],
  [48_000, 20, 34, 16],
  [48_000, 60, 11, 5],
].flatMap(([rateHz, frameMs, uplink, downlink]) => [
  { rateHz, frameMs, direction: "uplink", capacity: uplink } as const,
  { rateHz, frameMs, direction: "downlink", capacity: downlink } as const,
]);
for (const { rateHz, frameMs, direction, capacity } of CAPACITIES) {
  const samples = rateHz * frameMs / 1000;
  Deno.test(`the ${direction} ring at ${rateHz} Hz holds ${capacity} frames of ${frameMs} ms`, () => {
    const region = ringsOf(allocateRings(rateHz))[direction];
    const producer = new FrameProducer(region, samples);
    assert.equal(producer.capacityFrames, capacity);
    for (let i = 0; i < capacity; i++) assert.ok(give(producer));
    assert.equal(give(producer), false);
    const consumer = new FrameConsumer(region, samples);
    for (let i = 0; i < capacity; i++) assert.equal(take(consumer), i);
    assert.equal(take(consumer), undefined);
  });
}

Deno.test("a full ring refuses, counts and keeps what it has", () => {
  const { producer, consumer } = openRing(160);
  const capacity = producer.capacityFrames;
  for (let i = 0; i < capacity; i++) assert.ok(give(producer));
  assert.equal(give(producer), false);
  assert.equal(give(producer), false);
  assert.equal(producer.refusedFrames, 2);
  assert.equal(consumer.refusedFrames, 2);
  assert.equal(take(consumer), 0);
  assert.ok(give(producer));
  for (let i = 1; i <= capacity; i++) assert.equal(take(consumer), i);
  assert.equal(take(consumer), undefined);
});

// Frames of 1280 samples are too long for a whole number of them; of 160 they fill both rings to the last byte.
for (const samples of [160, 1280]) {
  Deno.test(`the two rings of a call do not touch each other when full of frames of ${samples} samples`, () => {
    const { uplink, downlink } = ringsOf(allocateRings());
    const rings = [uplink, downlink].map((region) => ({
      producer: new FrameProducer(region, samples),
      consumer: new FrameConsumer(region, samples),
    }));
    for (const { producer } of rings) while (give(producer));
    for (const { producer, consumer } of rings) {
      const { capacityFrames, refusedFrames } = producer;
      assert.equal(refusedFrames, 1);
      for (let i = 0; i < capacityFrames; i++) assert.equal(take(consumer), i);
      assert.equal(take(consumer), undefined);
    }
  });
}

Deno.test("a ring that is emptied each time touches no memory but its first frame", () => {
  const rings = allocateRings();
  const { producer, consumer } = openRing(160, rings);
  for (let i = 0; i < 50; i++) {
    give(producer);
    assert.equal(take(consumer), i);
  }
  const { memory, samplesAt, lengthSamples } = ringsOf(rings).downlink;
  const ring = memory.samples.subarray(samplesAt, samplesAt + lengthSamples);
  assert.ok(ring.subarray(0, 160).some((sample) => sample !== 0));
  assert.ok(ring.subarray(160).every((sample) => sample === 0));
});

Deno.test("a ring goes round and begins anew in any mixture, and gives every frame in order", () => {
  const random = printedRandom("ring steps");
  const { producer, consumer } = openRing(160);
  let [given, taken] = [0, 0];
  for (let step = 0; step < 20_000; step++) {
    if (random() < 0.5) {
      if (give(producer)) given++;
    } else {
      const expected = taken < given ? taken : undefined;
      assert.equal(take(consumer), expected);
      if (expected !== undefined) taken++;
    }
  }
  assert.ok(taken > 5000);
});

Deno.test("a consumer that attaches late goes on where the ring stands", () => {
  const rings = allocateRings();
  const first = openRing(160, rings);
  give(first.producer);
  give(first.producer);
  take(first.consumer);
  const second = openRing(160, rings);
  assert.equal(take(second.consumer), 1);
  assert.ok(give(second.producer));
  assert.equal(take(second.consumer), 2);
});

Deno.test("a miss counts only in the middle of speech", () => {
  const { producer, consumer } = openRing(160);
  consumer.miss();
  assert.equal(producer.missedFrames, 0);
  producer.setStreaming(true);
  assert.ok(consumer.streaming);
  consumer.miss();
  consumer.miss();
  producer.setStreaming(false);
  consumer.miss();
  assert.equal(producer.missedFrames, 2);
  assert.equal(consumer.missedFrames, 2);
});

for (const samples of [0, -1, 1.5, NaN, DOWNLINK_SAMPLES / 2 + 1]) {
  Deno.test(`a ring refuses a frame of ${samples} samples`, () => {
    assert.throws(() => openRing(samples), RangeError);
  });
}

Deno.test("a place that is not in its memory is no ring", () => {
  const place = allocateRings(8000);
  const { offsetBytes } = allocateSlab(8000, 2)[1];
  for (
    const wrong of [
      { memory: new SharedArrayBuffer(1024) },
      { rateHz: 48_000 },
      { rateHz: 44_100 },
      { offsetBytes },
      { offsetBytes: -offsetBytes },
      { offsetBytes: 64 },
    ]
  ) {
    assert.throws(() => ringsOf({ ...place, ...wrong }), RangeError);
  }
});

Deno.test("the calls of a slab do not touch each other when full", () => {
  const rings = allocateSlab(8000, 3).flatMap((place) => {
    const { uplink } = ringsOf(place);
    return [openRing(160, place), {
      producer: new FrameProducer(uplink, 160),
      consumer: new FrameConsumer(uplink, 160),
    }];
  });
  for (const { producer } of rings) while (give(producer));
  for (const { producer, consumer } of rings) {
    assert.equal(producer.refusedFrames, 1);
    const { capacityFrames } = producer;
    for (let i = 0; i < capacityFrames; i++) assert.equal(take(consumer), i);
    assert.equal(take(consumer), undefined);
  }
});

Deno.test("a thread has one pair of views for all calls of a slab, however often it is told of it", () => {
  const [first, second] = allocateSlab(8000, 2);
  const { memory } = ringsOf(first).uplink;
  assert.equal(ringsOf(second).downlink.memory, memory);
  assert.equal(ringsOf(structuredClone(second)).uplink.memory, memory);
  assert.notEqual(ringsOf(allocateRings(8000)).uplink.memory, memory);
});

Deno.test("the frame that was put last can be had again, taken or not", () => {
  const { producer, consumer } = openRing(160);
  const frame = new Int16Array(160);
  assert.equal(producer.copyNewest(frame), false);
  for (let i = 0; i < 40; i++) {
    assert.ok(give(producer));
    assert.ok(producer.copyNewest(frame));
    assert.equal(readPattern(frame), i);
    assert.equal(take(consumer), i);
    assert.ok(producer.copyNewest(frame));
    assert.equal(readPattern(frame), i);
  }
});

const OPS = ["give", "flush", "take"] as const;
type Op = typeof OPS[number];

/** What a ring has to do, written as plainly as can be. */
class Model {
  written = 0;
  read = 0;
  refused = 0;
  discarded = 0;
  mark = 0;
  at: number | undefined = 0;

  apply(op: Op, capacity: number): void {
    if (op === "give") {
      if (this.written - this.read >= capacity) this.refused++;
      else this.written++;
    } else if (op === "flush") {
      // A flush with nothing new to drop is the last one once more.
      if (this.written === this.mark) return;
      this.mark = this.written;
      this.at = this.read === this.mark ? this.mark : undefined;
    } else {
      this.#jump();
      if (this.read < this.written) this.read++;
    }
  }

  #jump(): void {
    if (this.mark <= this.read) return;
    this.at = this.read;
    this.discarded += this.mark - this.read;
    this.read = this.mark;
  }
}

/** Runs one order of steps against the model. */
function check(ops: readonly Op[], rings: RingPlace): void {
  clearRings(rings);
  const { producer, consumer } = openRing(LARGE_SAMPLES, rings);
  const model = new Model();
  for (const op of ops) {
    model.apply(op, producer.capacityFrames);
    if (op === "give") quickGive(producer);
    else if (op === "flush") producer.flush();
    else quickTake(consumer, model.read - 1);
    assert.equal(producer.flushedAt, model.at, ops.join(" "));
    assert.equal(consumer.readIndex, model.read, ops.join(" "));
    assert.equal(consumer.discardedFrames, model.discarded, ops.join(" "));
    assert.equal(producer.refusedFrames, model.refused, ops.join(" "));
  }
}

const large = new Int16Array(LARGE_SAMPLES);

function quickGive(producer: FrameProducer): void {
  large[0] = producer.writeIndex;
  producer.put(large);
}

function quickTake(consumer: FrameConsumer, newest: number): void {
  if (consumer.take(large)) assert.equal(large[0], newest);
}

Deno.test("a flush is exact in every order of nine steps", () => {
  const rings = allocateRings();
  const ops: Op[] = new Array(9);
  for (let code = 0; code < OPS.length ** ops.length; code++) {
    for (let i = 0, rest = code; i < ops.length; i++) {
      ops[i] = OPS[rest % OPS.length];
      rest = Math.floor(rest / OPS.length);
    }
    check(ops, rings);
  }
});

Deno.test("a producer knows when as much is there as the consumer wants", () => {
  const { producer, consumer } = openRing(160);
  assert.ok(producer.isWanted, "nobody has said what is wanted");
  consumer.want(3);
  for (const isWanted of [false, false, true, true]) {
    give(producer);
    assert.equal(producer.isWanted, isWanted);
  }
  for (let i = 0; i < 4; i++) take(consumer);
  consumer.want(1);
  assert.equal(producer.isWanted, false);
  give(producer);
  assert.ok(producer.isWanted);
});
