import assert from "node:assert/strict";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import {
  allocateRings,
  clearRings,
  DOWNLINK_BYTES,
  ringsOf,
  UPLINK_BYTES,
} from "../../src/ring/layout.ts";
import { printedRandom } from "../support/seeded_random.ts";
import { fillPattern, readPattern } from "../support/ring_frames.ts";

/** Frames so large that three fit, so that every few steps come round. */
const LARGE_SAMPLES = 5400;

function openRing(frameSamples: number, rings = allocateRings()) {
  const { downlink } = ringsOf(rings);
  return {
    producer: new FrameProducer(downlink, frameSamples),
    consumer: new FrameConsumer(downlink, frameSamples),
  };
}

function give(ring: FrameProducer): boolean {
  const frame = ring.claim();
  if (frame === undefined) return false;
  fillPattern(frame, ring.writeIndex);
  ring.publish();
  return true;
}

function take(ring: FrameConsumer): number | undefined {
  const frame = ring.peek();
  if (frame === undefined) return undefined;
  const index = readPattern(frame);
  ring.advance();
  return index;
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

const CAPACITIES = [
  ["uplink", 160, 100],
  ["uplink", 320, 100],
  ["uplink", 960, 34],
  ["uplink", 1024, UPLINK_BYTES / 2048],
  ["downlink", 160, 16],
  ["downlink", 960, 16],
  ["downlink", 1024, DOWNLINK_BYTES / 2048],
  ["downlink", LARGE_SAMPLES, 3],
] as const;
for (const [direction, samples, capacity] of CAPACITIES) {
  Deno.test(`the ${direction} ring holds ${capacity} frames of ${samples} samples`, () => {
    const region = ringsOf(allocateRings())[direction];
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

// Frames of 1024 samples fill both rings to the last byte.
for (const samples of [160, 1024]) {
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
  const { buffer, offsetBytes, lengthBytes } = ringsOf(rings).downlink;
  const memory = new Int16Array(buffer, offsetBytes, lengthBytes / 2);
  assert.ok(memory.subarray(0, 160).some((sample) => sample !== 0));
  assert.ok(memory.subarray(160).every((sample) => sample === 0));
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

for (const samples of [0, -1, 1.5, NaN, DOWNLINK_BYTES / 4 + 1]) {
  Deno.test(`a ring refuses a frame of ${samples} samples`, () => {
    assert.throws(() => openRing(samples), RangeError);
  });
}

Deno.test("memory of another size is no ring", () => {
  assert.throws(() => ringsOf(new SharedArrayBuffer(1024)), RangeError);
});

const OPS = ["give", "flush", "peek", "advance"] as const;
type Op = typeof OPS[number];

/** What a ring has to do, written as plainly as can be. */
class Model {
  written = 0;
  read = 0;
  refused = 0;
  discarded = 0;
  peeked = false;
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
    } else if (op === "peek") {
      this.#jump();
      this.peeked = this.read < this.written;
    } else if (this.peeked) {
      this.peeked = false;
      this.read++;
      if (this.at === undefined && this.read === this.mark) this.at = this.mark;
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
function check(ops: readonly Op[], rings: SharedArrayBuffer): void {
  clearRings(rings);
  const { producer, consumer } = openRing(LARGE_SAMPLES, rings);
  const model = new Model();
  for (const op of ops) {
    model.apply(op, producer.capacityFrames);
    if (op === "give") quickGive(producer);
    else if (op === "flush") producer.flush();
    else if (op === "peek") assertPeek(consumer, model);
    else if (consumer.readIndex < model.read) consumer.advance();
    assert.equal(producer.flushedAt, model.at, ops.join(" "));
    assert.equal(consumer.readIndex, model.read, ops.join(" "));
    assert.equal(consumer.discardedFrames, model.discarded, ops.join(" "));
    assert.equal(producer.refusedFrames, model.refused, ops.join(" "));
  }
}

function quickGive(producer: FrameProducer): void {
  const frame = producer.claim();
  if (frame === undefined) return;
  frame[0] = producer.writeIndex;
  producer.publish();
}

function assertPeek(consumer: FrameConsumer, model: Model): void {
  const expected = model.peeked ? model.read : undefined;
  assert.equal(consumer.peek()?.[0], expected);
}

Deno.test("a flush is exact in every order of eight steps", () => {
  const rings = allocateRings();
  const ops: Op[] = new Array(8);
  for (let code = 0; code < OPS.length ** ops.length; code++) {
    for (let i = 0, rest = code; i < ops.length; i++, rest >>= 2) {
      ops[i] = OPS[rest & 3];
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
