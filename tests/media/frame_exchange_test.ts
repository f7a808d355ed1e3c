import assert from "node:assert/strict";
import { FrameExchange } from "../../src/media/frame_exchange.ts";
import { allocateDoorbell } from "../../src/ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { levelFrame, takeFrame } from "../support/ring_frames.ts";

const FORMATS = [8000, 16_000, 48_000].flatMap((rateHz) =>
  [10, 20, 30, 40, 60].map((frameMs) => ({ rateHz, frameMs }))
);

function open(rateHz: number, frameSamples: number) {
  const rings = allocateRings(rateHz);
  const { uplink, downlink } = ringsOf(rings);
  const doorbell = { memory: allocateDoorbell(), call: 1 };
  return {
    exchange: new FrameExchange({ rings, doorbell, rateHz, frameSamples }),
    uplink: new FrameConsumer(uplink, frameSamples),
    downlink: new FrameProducer(downlink, frameSamples),
  };
}

for (const { rateHz, frameMs } of FORMATS) {
  const frameSamples = rateHz * frameMs / 1000;
  Deno.test(`frames of ${frameMs} ms at ${rateHz} Hz pass both ways bit by bit`, () => {
    const { exchange, uplink, downlink } = open(rateHz, frameSamples);
    assert.equal(exchange.frameBytes, frameSamples * 2);
    assert.equal(exchange.frameMs, frameMs);
    const frame = Int16Array.from(
      { length: frameSamples },
      (_, i) => i * 97 - 3,
    );
    exchange.give(new Uint8Array(frame.buffer));
    assert.deepEqual(takeFrame(uplink), frame);
    downlink.put(frame);
    const out = exchange.take();
    assert.deepEqual(out, new Uint8Array(frame.buffer));
  });
}

Deno.test("a datagram at an odd address is read as it is", () => {
  const { exchange, uplink } = open(8000, 160);
  const bytes = new Uint8Array(321);
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * 7;
  exchange.give(bytes.subarray(1));
  const first = takeFrame(uplink);
  assert.equal(first?.[0], bytes[1] | bytes[2] << 8);
  assert.deepEqual(
    new Uint8Array(first!.buffer),
    bytes.slice(1),
  );
});

Deno.test("a barge-in drops what was not taken and closes the wave", () => {
  const { exchange, downlink } = open(8000, 160);
  for (let i = 0; i < 5; i++) {
    downlink.put(levelFrame(160, 8000));
  }
  exchange.take();
  downlink.flush();
  const ramp = new Int16Array(exchange.take()!.slice().buffer);
  assert.ok(ramp[0] > 7900 && ramp[0] < 8000 && ramp[159] === 0);
  assert.equal(exchange.take(), undefined);
  assert.equal(exchange.discardedFrames, 4);
  assert.equal(exchange.missedFrames, 0);
  assert.equal(exchange.downlinkFrames, 1);
});

Deno.test("the shard is rung for when it wants to know, and when little is left to say", () => {
  const rings = allocateRings();
  const { uplink, downlink } = ringsOf(rings);
  const memory = allocateDoorbell();
  const exchange = new FrameExchange({
    rings,
    doorbell: { memory, call: 7 },
    rateHz: 8000,
    frameSamples: 160,
  });
  const shard = {
    listens: new FrameConsumer(uplink, 160),
    speaks: new FrameProducer(downlink, 160),
  };
  const frame = new Uint8Array(320);
  const exchanged = () => {
    exchange.give(frame);
    exchange.take();
    exchange.ring();
    return new Int32Array(memory)[0];
  };
  shard.listens.want(3);
  assert.deepEqual([1, 2, 3].map(exchanged), [0, 0, 1]);
  for (let i = 0; i < 3; i++) takeFrame(shard.listens);
  shard.listens.want(100);
  shard.speaks.setStreaming(true);
  for (let i = 0; i < 6; i++) {
    shard.speaks.put(levelFrame(160, 1));
  }
  assert.deepEqual([1, 2, 3, 4].map(exchanged), [1, 1, 2, 3]);
  shard.speaks.setStreaming(false);
  assert.equal(exchanged(), 3);
});
