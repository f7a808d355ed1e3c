import assert from "node:assert/strict";
import { TurnDetector } from "../../../src/simulator/stepfun/turn_detector.ts";
import { chunks, join, seededRandom, silence, tone } from "./signals.ts";

const SETTINGS = {
  prefixPaddingMs: 100,
  silenceDurationMs: 200,
  energyAwakenessThreshold: 2500,
};

interface Heard {
  readonly startMs: number;
  readonly endMs: number;
  readonly samples: Int16Array;
}

function detect(
  pieces: Iterable<Int16Array>,
  { settings = SETTINGS, maxTurnMs = 60_000, keepsSamples = true } = {},
): { turns: Heard[]; open: boolean } {
  const turns: Heard[] = [];
  let startMs: number | undefined;
  const options = { rateHz: 16_000, settings, maxTurnMs, keepsSamples };
  const detector = new TurnDetector(options, {
    started: (ms) => startMs = ms,
    stopped: (endMs, samples) => {
      turns.push({ startMs: startMs!, endMs, samples });
      startMs = undefined;
    },
  });
  for (const piece of pieces) detector.process(piece);
  return { turns, open: startMs !== undefined };
}

/** Silence, a word with a short pause in it, silence, a word, silence. */
const SPEECH = join(
  silence(305),
  tone(400),
  silence(150),
  tone(200),
  silence(400),
  tone(100),
  silence(500),
);

Deno.test("turns have their prefix, their pauses and their silence", () => {
  const { turns, open } = detect([SPEECH]);
  assert.equal(open, false);
  const spans = turns.map(({ startMs, endMs }) => [startMs, endMs]);
  // The tone's first half block is loud enough to be speech.
  assert.deepEqual(spans, [[200, 1260], [1350, 1760]]);
  for (const { startMs, endMs, samples } of turns) {
    const from = startMs * 16, to = endMs * 16;
    assert.deepEqual(samples, SPEECH.slice(from, to));
  }
});

Deno.test("turns are the same for any chunking", () => {
  const seed = 77;
  console.log(`seed ${seed}`);
  const random = seededRandom(seed);
  const whole = detect([SPEECH]).turns;
  for (const size of [1, 7, 159, 160, 161, 320, 4001]) {
    assert.deepEqual(detect(chunks(SPEECH, size)).turns, whole, `${size}`);
  }
  const pieces: Int16Array[] = [];
  for (let at = 0; at < SPEECH.length;) {
    const size = 1 + Math.floor(random() * 900);
    pieces.push(SPEECH.subarray(at, at + size));
    at += size;
  }
  assert.deepEqual(detect(pieces).turns, whole);
});

Deno.test("a turn stays open when no silence comes", () => {
  assert.deepEqual(detect([tone(400)]), { turns: [], open: true });
});

Deno.test("a click, and sound below the threshold, are no speech", () => {
  const click = join(silence(100), tone(10), silence(500));
  const hum = join(tone(500, { peak: 3000 }), silence(500));
  assert.deepEqual(detect([click]), { turns: [], open: false });
  assert.deepEqual(detect([hum]), { turns: [], open: false });
  const settings = { ...SETTINGS, energyAwakenessThreshold: 1500 };
  assert.equal(detect([hum], { settings }).turns.length, 1);
});

Deno.test("silence is no speech when the threshold is zero", () => {
  const settings = { ...SETTINGS, energyAwakenessThreshold: 0 };
  const { turns } = detect([silence(900)], { settings });
  assert.equal(turns.length, 0);
});

Deno.test("a turn ends at its longest", () => {
  const { turns } = detect([tone(2500)], { maxTurnMs: 1000 });
  assert.deepEqual(turns.map(({ samples }) => samples.length), [
    16_000,
    16_000,
  ]);
});

Deno.test("turns are cut in the same way when their samples are not kept", () => {
  const spans = (turns: Heard[]) =>
    turns.map(({ startMs, endMs }) => [startMs, endMs]);
  const { turns } = detect([SPEECH], { keepsSamples: false });
  assert.deepEqual(spans(turns), spans(detect([SPEECH]).turns));
  assert.ok(turns.every(({ samples }) => samples.length === 0));
});
