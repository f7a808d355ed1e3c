import assert from "node:assert/strict";
import { CallerVoice } from "../../src/shard/caller_voice.ts";
import { printedRandom } from "../support/seeded_random.ts";

const RATE_HZ = 16_000;
const PIECE_MS = 60;

/** A line: stretches of a tone, each with its length and mean magnitude, over noise of a mean magnitude. */
function utterances(
  stretches: ReadonlyArray<readonly [ms: number, level: number]>,
  noise = 10,
): { found: number[]; quietMs: number } {
  const random = printedRandom("noise on the line");
  const voice = new CallerVoice();
  /** When each ended, in milliseconds. */
  const found: number[] = [];
  let at = 0;
  for (const [ms, level] of stretches) {
    for (let passed = 0; passed < ms; passed += PIECE_MS) {
      const samples = Int16Array.from(
        { length: RATE_HZ * PIECE_MS / 1000 },
        () =>
          Math.round(
            level * Math.PI / 2 *
                Math.sin(2 * Math.PI * 310 * at++ / RATE_HZ) +
              (random() - 0.5) * 4 * noise,
          ),
      );
      if (voice.hear(samples, PIECE_MS)) found.push(at * 1000 / RATE_HZ);
    }
  }
  return { found, quietMs: voice.quietMs };
}

Deno.test("a sentence is one utterance, once it has a pause behind it", () => {
  const { found } = utterances([[600, 0], [1200, 2000], [720, 0]]);
  assert.deepEqual(found, []);
  const ended = utterances([[600, 0], [1200, 2000], [1200, 0]]);
  assert.equal(ended.found.length, 1);
  assert.ok(Math.abs(ended.found[0] - 2640) <= 60, `${ended.found}`);
});

Deno.test("words with short pauses are one utterance, sentences with long ones are several", () => {
  const word = [[300, 2000], [300, 0]] as const;
  const words = [[600, 0], ...word, ...word, ...word, [1200, 0]] as const;
  assert.equal(utterances(words).found.length, 1);
  assert.equal(utterances([...words, ...words]).found.length, 2);
});

Deno.test("a cough, a quiet line and a hum are no utterance", () => {
  for (
    const [name, stretches, noise] of [
      ["a cough", [[600, 0], [240, 8000], [1200, 0]], 10],
      ["a line far too quiet", [[600, 0], [1200, 200], [1200, 0]], 10],
      ["a hum from the first moment on", [[9000, 0]], 2000],
      ["speech no louder than the noise", [
        [600, 0],
        [1200, 1500],
        [1200, 0],
      ], 1500],
      ["music without a pause", [[600, 0], [20_000, 2000], [1200, 0]], 10],
      ["digital silence", [[5000, 0]], 0],
    ] as const
  ) {
    assert.deepEqual(utterances(stretches, noise).found, [], name);
  }
});

Deno.test("speech over noise is an utterance, also after the noise has grown", () => {
  const speech = [[3000, 0], [1200, 9000], [1200, 0]] as const;
  assert.equal(utterances(speech, 900).found.length, 1);
});

Deno.test("a line is quiet for as long as nothing is loud on it", () => {
  assert.equal(utterances([[600, 2000], [3000, 0]]).quietMs, 3000);
  assert.equal(utterances([[3000, 0], [600, 2000]]).quietMs, 0);
  assert.equal(utterances([[3000, 0]], 400).quietMs, 0);
});

Deno.test("what was forgotten is no part of an utterance", () => {
  const voice = new CallerVoice();
  const loud = new Int16Array(960).fill(2000);
  const quiet = new Int16Array(960);
  voice.hear(quiet, PIECE_MS);
  for (let i = 0; i < 20; i++) voice.hear(loud, PIECE_MS);
  voice.forget();
  for (let i = 0; i < 20; i++) assert.ok(!voice.hear(quiet, PIECE_MS));
});
