import assert from "node:assert/strict";
import { createResampler } from "../../../src/audio/create_resampler.ts";
import { Concealment } from "../../../src/media/concealment.ts";
import { DownlinkReader } from "../../../tools/capacity/downlink_reader.ts";
import {
  levelOf,
  LEVELS,
  numberedSpeech,
  numberOf,
} from "../../../tools/capacity/level_code.ts";
import {
  MARK_EVERY_FRAMES,
  UplinkReader,
} from "../../../tools/capacity/uplink_reader.ts";
import {
  between,
  printedRandom,
  type Random,
} from "../../support/seeded_random.ts";

const FRAMES = 600;
const NAME = 0b1010_0110_0101_1101;
const KINDS = ["polyphase", "libsamplerate"] as const;

/** Frames of one caller, numbered, in which some speak. */
function callerFrames(
  rateHz: number,
  speaks: (number: number) => boolean = () => true,
): Int16Array[] {
  return Array.from({ length: FRAMES }, (_, number) => {
    const level = speaks(number) ? levelOf(number, NAME) : -1;
    return new Int16Array(rateHz / 50).fill(level);
  });
}

/** Resamples frame by frame and cuts the outcome anywhere. */
async function carry(
  frames: readonly Int16Array[],
  [fromHz, toHz, kind]: readonly [number, number, typeof KINDS[number]],
): Promise<Int16Array> {
  const resampler = await createResampler(fromHz, toHz, { kind });
  const parts = frames.map((frame) => {
    const out = new Int16Array(resampler.maxOutputSamples(frame.length));
    return out.slice(0, resampler.process(frame, out));
  });
  resampler.close();
  return Int16Array.from(parts.flatMap((part) => [...part]));
}

function readUplink(samples: Int16Array, random: Random) {
  const marks: number[] = [];
  const reader = new UplinkReader(16_000, (number) => marks.push(number));
  for (let at = 0; at < samples.length;) {
    const length = between(random, 1, 1500);
    reader.read(samples.subarray(at, at + length), at);
    at += length;
  }
  return { reader, marks };
}

Deno.test("every level stands for its number, whatever its sign, and silence for none", () => {
  for (let number = 0; number < LEVELS; number++) {
    assert.equal(numberOf(levelOf(number, 0)), number);
    assert.equal(numberOf(levelOf(number, 0xffff)), number);
    assert.equal(numberOf(levelOf(number, 0) + 40), number);
  }
  for (const silence of [0, -1, 200, -3000]) {
    assert.equal(numberOf(silence), -1);
  }
});

for (const rateHz of [8000, 16_000, 48_000]) {
  for (const kind of KINDS) {
    Deno.test(`a caller's frames are found whole behind ${kind} from ${rateHz} to 16000 Hz, however they are cut`, async () => {
      const random = printedRandom(`uplink ${kind} ${rateHz}`);
      const route = [rateHz, 16_000, kind] as const;
      const samples = await carry(callerFrames(rateHz), route);
      const { reader, marks } = readUplink(samples, random);
      const { received, ...rest } = reader.counts;
      assert.deepEqual(rest, { lost: 0, doubled: 0, outOfOrder: 0 });
      assert.ok(received >= FRAMES - 1, `${received} frames`);
      assert.equal(reader.name, NAME);
      const all = Array.from(
        { length: Math.ceil(FRAMES / MARK_EVERY_FRAMES) },
        (_, i) => i * MARK_EVERY_FRAMES,
      );
      assert.deepEqual(marks, all);
    });

    Deno.test(`an answer's frames are found whole behind ${kind} from 24000 to ${rateHz} Hz`, async () => {
      const speech = numberedSpeech(200, 24_000);
      const quiet = new Int16Array(24_000);
      const route = [24_000, rateHz, kind] as const;
      const samples = await carry([speech, quiet, speech, quiet], route);
      const reader = new DownlinkReader(rateHz, {
        answerFrames: 200,
        interrupts: false,
      });
      hear(reader, cut(samples, rateHz / 50));
      assert.deepEqual(reader.counts, {
        received: 400,
        lost: 0,
        doubled: 0,
        outOfOrder: 0,
      });
      assert.equal(reader.underruns, 0);
      assert.deepEqual(reader.firstFramesMs, [0, 20 * 250]);
      assert.deepEqual(reader.runs.map(({ fromMs, toMs }) => toMs - fromMs), [
        199 * 20,
        199 * 20,
      ]);
    });
  }
}

Deno.test("a lost, a doubled and a swapped frame of a caller are counted as such", async () => {
  const random = printedRandom("uplink damage");
  const frames = callerFrames(8000);
  frames.splice(100, 1);
  frames.splice(200, 0, frames[199]);
  [frames[300], frames[301]] = [frames[301], frames[300]];
  const samples = await carry(frames, [8000, 16_000, "polyphase"]);
  const { lost, doubled, outOfOrder } = readUplink(samples, random).reader
    .counts;
  assert.deepEqual({ lost, doubled, outOfOrder }, {
    lost: 1,
    doubled: 1,
    outOfOrder: 1,
  });
});

Deno.test("a frame lost in a caller's pause shows when speech goes on", async () => {
  const random = printedRandom("uplink pause");
  const frames = callerFrames(8000, (number) => number < 50 || number >= 400);
  frames.splice(200, 3);
  const samples = await carry(frames, [8000, 16_000, "polyphase"]);
  assert.equal(readUplink(samples, random).reader.counts.lost, 3);
});

Deno.test("frames missing inside an answer are underruns, and between answers they are not", () => {
  const reader = new DownlinkReader(8000, {
    answerFrames: 4,
    interrupts: false,
  });
  const frames = cut(numberedSpeech(4, 8000), 160);
  hear(reader, [
    frames[0],
    frames[1],
    undefined,
    undefined,
    ...frames.slice(2),
  ]);
  hear(reader, [undefined, undefined, undefined, ...frames]);
  assert.equal(reader.underruns, 2);
  assert.equal(reader.counts.lost, 0);
});

Deno.test("an underrun right behind a late frame time is the simulator's own", () => {
  const reader = new DownlinkReader(8000, {
    answerFrames: 3,
    interrupts: false,
  });
  const frames = cut(numberedSpeech(3, 8000), 160);
  reader.hear(frames[0], 0);
  reader.hear(frames[1], 38);
  reader.hear(undefined, 40);
  reader.hear(frames[2], 60);
  assert.equal(reader.underruns, 0);
  assert.equal(reader.hurriedUnderruns, 1);
});

Deno.test("an answer that ends early has lost frames, unless the caller interrupts", () => {
  for (const interrupts of [false, true]) {
    const reader = new DownlinkReader(8000, { answerFrames: 10, interrupts });
    const frames = cut(numberedSpeech(10, 8000), 160);
    hear(reader, [...frames.slice(0, 4), undefined, ...frames]);
    assert.equal(reader.counts.lost, interrupts ? 0 : 6);
  }
});

Deno.test("a lost, a doubled and a swapped frame of an answer are counted as such", () => {
  const reader = new DownlinkReader(8000, {
    answerFrames: 50,
    interrupts: false,
  });
  const frames = cut(numberedSpeech(50, 8000), 160);
  frames.splice(10, 1);
  frames.splice(20, 0, frames[19]);
  [frames[30], frames[31]] = [frames[31], frames[30]];
  hear(reader, frames);
  const { lost, doubled, outOfOrder } = reader.counts;
  assert.deepEqual({ lost, doubled, outOfOrder }, {
    lost: 1,
    doubled: 1,
    outOfOrder: 1,
  });
});

function cut(samples: Int16Array, frameSamples: number): Int16Array[] {
  const frames: Int16Array[] = [];
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    frames.push(samples.subarray(at, at + frameSamples));
  }
  return frames;
}

/** Each frame comes at its frame time, and is heard then. */
function hear(
  reader: DownlinkReader,
  frames: readonly (Int16Array | undefined)[],
): void {
  frames.forEach((frame, tick) => {
    if (frame !== undefined) {
      const { buffer, byteOffset, byteLength } = frame;
      const bytes = new Uint8Array(buffer, byteOffset, byteLength);
      reader.arrive(bytes, { timeMs: tick * 20, seenMs: tick * 20 });
    }
    reader.hear(frame, tick * 20);
  });
}

Deno.test("frames that the server made up are left out, and those that are missing show as lost", async () => {
  const random = printedRandom("made up");
  const rateHz = 8000;
  const concealment = new Concealment(rateHz);
  const caller = callerFrames(rateHz);
  const carried: Int16Array[] = [];
  caller.forEach((frame, number) => {
    const isLost = number % 100 === 70;
    if (isLost || number % 100 === 30) {
      const madeUp = new Int16Array(frame.length);
      concealment.fill(madeUp, () => caller[number - 1]);
      carried.push(madeUp);
    }
    if (isLost) return;
    concealment.pass(frame);
    carried.push(frame);
  });
  const samples = await carry(carried, [rateHz, 16_000, "polyphase"]);
  const { reader } = readUplink(samples, random);
  const { lost, doubled, outOfOrder } = reader.counts;
  assert.deepEqual({ lost, doubled, outOfOrder }, {
    lost: FRAMES / 100,
    doubled: 0,
    outOfOrder: 0,
  });
});

Deno.test("frames that came late, behind as many that the server made up until they are silent, are whole", async () => {
  const random = printedRandom("late");
  const rateHz = 8000;
  const concealment = new Concealment(rateHz);
  const caller = callerFrames(rateHz);
  const carried = caller.flatMap((frame, number) => {
    const madeUp = Array.from(
      { length: number % 100 === 70 ? 20 : 0 },
      () => {
        const samples = new Int16Array(frame.length);
        concealment.fill(samples, () => caller[number - 1]);
        return samples;
      },
    );
    concealment.pass(frame);
    return [...madeUp, frame];
  });
  const samples = await carry(carried, [rateHz, 16_000, "polyphase"]);
  const { lost, doubled, outOfOrder } = readUplink(samples, random).reader
    .counts;
  assert.deepEqual({ lost, doubled, outOfOrder }, {
    lost: 0,
    doubled: 0,
    outOfOrder: 0,
  });
});
