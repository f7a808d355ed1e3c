import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import type { Resampler } from "../../src/audio/resampler.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { levelFrame } from "../support/ring_frames.ts";
import { Uplink } from "../../src/shard/uplink.ts";
import {
  between,
  printedRandom,
  type Random,
  seededRandom,
} from "../support/seeded_random.ts";

interface Rates {
  readonly legHz: number;
  readonly modelHz: number;
  readonly batchMs: number;
  readonly frameMs?: number;
}

async function open(
  { legHz, modelHz, batchMs, frameMs = 20 }: Rates,
  resampler?: Resampler,
) {
  const { uplink: region } = ringsOf(allocateRings(legHz));
  const frameSamples = legHz * frameMs / 1000;
  const batches: Int16Array[] = [];
  const uplink = new Uplink({
    ring: new FrameConsumer(region, frameSamples),
    resampler: resampler ?? await createResampler(legHz, modelHz),
    batchMs,
    frameMs,
    send: (samples) => batches.push(samples.slice()),
  });
  const ring = new FrameProducer(region, frameSamples);
  return { uplink, ring, batches };
}

function say(ring: FrameProducer, random: Random): Int16Array {
  const frame = Int16Array.from(
    { length: ring.frameSamples },
    () => between(random, -32768, 32767),
  );
  ring.put(frame);
  return frame;
}

function join(parts: readonly Int16Array[]): Int16Array {
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

Deno.test("speech at the model's rate reaches it bit by bit, in batches of two frames", async () => {
  const random = printedRandom("16 kHz");
  const { uplink, ring, batches } = await open({
    legHz: 16000,
    modelHz: 16000,
    batchMs: 40,
  });
  const said: Int16Array[] = [];
  for (let i = 1; i <= 7; i++) {
    said.push(say(ring, random));
    uplink.pump();
    assert.equal(batches.length, Math.floor(i / 2));
  }
  assert.ok(batches.every((batch) => batch.length === 640));
  assert.deepEqual(join(batches), join(said.slice(0, 6)));
  uplink.close();
});

for (const legHz of [8000, 16000, 48000]) {
  for (const modelHz of [16000, 24000]) {
    for (const [batchMs, framesInBatch] of [[20, 1], [40, 2], [100, 5]]) {
      Deno.test(`a batch of ${batchMs} ms from ${legHz} to ${modelHz} Hz is ${framesInBatch} frames, however they come`, async () => {
        const rates = { legHz, modelHz, batchMs };
        const [one, all] = [await open(rates), await open(rates)];
        const random = seededRandom(20_11);
        for (let i = 1; i <= 30; i++) {
          const frame = say(one.ring, random);
          one.uplink.pump();
          assert.equal(one.batches.length, Math.floor(i / framesInBatch));
          all.ring.put(frame);
        }
        all.uplink.pump();
        assert.deepEqual(all.batches, one.batches);
        const samples = 30 * modelHz / 50;
        const sent = one.batches.reduce((sum, batch) => sum + batch.length, 0);
        assert.ok(sent <= samples && sent > samples - modelHz / 100);
        assert.equal(one.ring.queuedFrames, 0);
        one.uplink.close();
        all.uplink.close();
      });
    }
  }
}

Deno.test("a batch is resampled at once, and sounds as if it had come in one piece", async () => {
  const random = printedRandom("batches");
  const resampler = await createResampler(8000, 16000);
  const whole = await createResampler(8000, 16000);
  const chunks: number[] = [];
  const process = resampler.process.bind(resampler);
  resampler.process = (input, output) => {
    chunks.push(input.length);
    return process(input, output);
  };
  const { uplink, ring, batches } = await open(
    { legHz: 8000, modelHz: 16000, batchMs: 60 },
    resampler,
  );
  const said = Array.from({ length: 31 }, () => say(ring, random));
  uplink.pump();
  assert.deepEqual(chunks, Array(10).fill(480));
  const expected = new Int16Array(whole.maxOutputSamples(4800));
  const count = whole.process(join(said.slice(0, 30)), expected);
  assert.deepEqual(join(batches), expected.subarray(0, count));
  uplink.close();
  whole.close();
});

Deno.test("an uplink without frames sends nothing", async () => {
  const { uplink, batches } = await open({
    legHz: 8000,
    modelHz: 16000,
    batchMs: 40,
  });
  uplink.pump();
  assert.deepEqual(batches, []);
  uplink.close();
});

Deno.test("speech that is said while the model is away is sent when it is there again, in order", async () => {
  const random = printedRandom("held");
  const { uplink, ring, batches } = await open({
    legHz: 16000,
    modelHz: 16000,
    batchMs: 40,
  });
  const said = [say(ring, random)];
  uplink.pump();
  uplink.hold();
  for (let i = 0; i < 9; i++) {
    said.push(say(ring, random));
    uplink.pump();
    uplink.hold();
  }
  assert.deepEqual(batches, []);
  uplink.release();
  assert.deepEqual(join(batches), join(said));
  said.push(say(ring, random), say(ring, random));
  uplink.pump();
  assert.deepEqual(join(batches), join(said));
  uplink.close();
});

Deno.test("of more speech than ten seconds the newest is kept", async () => {
  const { uplink, ring, batches } = await open({
    legHz: 8000,
    modelHz: 16000,
    batchMs: 20,
  });
  uplink.hold();
  for (let i = 0; i < 600; i++) {
    ring.put(levelFrame(160, i * 50));
    uplink.pump();
  }
  uplink.release();
  assert.equal(batches.length, 500);
  // A level in the middle of its frame, past the filter's ringing.
  assert.ok(Math.abs(batches[1][200] - 101 * 50) < 3);
  assert.ok(Math.abs(batches[499][200] - 599 * 50) < 3);
  uplink.close();
});

Deno.test("another resampler takes over what was held, and the old one is let go", async () => {
  const { uplink, ring, batches } = await open({
    legHz: 8000,
    modelHz: 16000,
    batchMs: 20,
  });
  uplink.hold();
  ring.put(levelFrame(160, 7));
  uplink.pump();
  uplink.changeResampler(await createResampler(8000, 24000));
  uplink.release();
  assert.ok(Math.abs(batches[0].length - 480) < 100);
  uplink.close();
});

for (
  const [frameMs, batchMs, frames] of [
    [10, 60, 6],
    [30, 60, 2],
    [40, 60, 2],
    [60, 20, 1],
    [60, 60, 1],
    [30, 200, 7],
    [60, 200, 3],
  ]
) {
  Deno.test(`a batch of ${batchMs} ms is ${frames} whole frames of ${frameMs} ms, bit by bit`, async () => {
    const random = printedRandom("frame lengths");
    const rates = { legHz: 48_000, modelHz: 48_000 };
    const { uplink, ring, batches } = await open({
      ...{ ...rates, frameMs, batchMs },
    });
    const said: Int16Array[] = [];
    for (let i = 1; i <= 3 * frames; i++) {
      said.push(say(ring, random));
      uplink.pump();
      assert.equal(batches.length, Math.floor(i / frames));
    }
    assert.deepEqual(join(batches), join(said));
  });
}
