import assert from "node:assert/strict";
import { alignSpeech } from "../../src/simulator/similarity.ts";
import { readWav } from "../../src/simulator/wav.ts";

const RATE_HZ = 8000;
const SPEECH = readWav(
  Deno.readFileSync(new URL("../../assets/speech_8k.wav", import.meta.url)),
).samples.slice(0, 4 * RATE_HZ);

function join(...parts: (Int16Array | number)[]): Int16Array {
  const arrays = parts.map((part) =>
    typeof part === "number" ? new Int16Array(part) : part
  );
  return Int16Array.from(arrays.flatMap((array) => [...array]));
}

Deno.test("speech is aligned when it comes later", () => {
  const { correlation, shiftsMs } = alignSpeech(
    SPEECH,
    join(4321, SPEECH, 999),
    RATE_HZ,
  );
  assert.ok(correlation > 0.999, `${correlation}`);
  assert.deepEqual(shiftsMs, []);
});

Deno.test("speech is aligned when it has pauses and a frame is left out", () => {
  const heard = join(
    700,
    SPEECH.subarray(0, 9000),
    160,
    SPEECH.subarray(9000, 20_000),
    2400,
    SPEECH.subarray(20_000, 26_000),
    SPEECH.subarray(26_160),
    800,
  );
  const { correlation, shiftsMs } = alignSpeech(SPEECH, heard, RATE_HZ);
  assert.ok(correlation > 0.98, `${correlation}`);
  assert.deepEqual(shiftsMs, [20, 300, -20]);
});

Deno.test("what comes seconds later is no pause any more", () => {
  const heard = join(
    SPEECH.subarray(0, 16_000),
    32_000,
    SPEECH.subarray(16_000),
  );
  assert.ok(alignSpeech(SPEECH, heard, RATE_HZ).correlation < 0.9);
});

for (
  const [name, distort] of [
    ["is noisy", (s: number, i: number) => s + ((i * 7919) % 601 - 300) * 5],
    ["is clipped", (s: number) => Math.max(-400, Math.min(400, s))],
    [
      "is silent half of the time",
      (s: number, i: number) => i % 320 < 160 ? s : 0,
    ],
    [
      "lacks every twentieth sample",
      (s: number, i: number) => i % 20 === 0 ? 0 : s,
    ],
  ] as const
) {
  Deno.test(`no alignment mends speech that ${name}`, () => {
    const said = SPEECH.subarray(0, RATE_HZ);
    const heard = join(900, said.map(distort), 900);
    const { correlation } = alignSpeech(said, heard, RATE_HZ);
    assert.ok(correlation < 0.98, `${correlation}`);
  });
}

Deno.test("silence is like nothing", () => {
  const { correlation } = alignSpeech(
    SPEECH.subarray(0, RATE_HZ),
    new Int16Array(40_000),
    RATE_HZ,
  );
  assert.equal(correlation, 0);
});
