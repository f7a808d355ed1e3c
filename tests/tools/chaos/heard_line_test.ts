import assert from "node:assert/strict";
import { HeardLine } from "../../../tools/chaos/heard_line.ts";

const SPEECH = new Int16Array(160).fill(9000);
const WHISPER = new Int16Array(160).fill(2000);

/** A line that hears a frame each 20 ms in each of these stretches. */
function lineOf(...stretches: readonly [fromMs: number, toMs: number][]) {
  const line = new HeardLine();
  for (const [fromMs, toMs] of stretches) {
    for (let ms = fromMs; ms < toMs; ms += 20) line.hear(SPEECH, ms);
  }
  return line;
}

Deno.test("frames that follow each other are one span, a pause begins another", () => {
  const { spans, lastMs } = lineOf([100, 200], [240, 300], [400, 440]);
  assert.deepEqual(spans, [{ fromMs: 100, toMs: 300 }, {
    fromMs: 400,
    toMs: 440,
  }]);
  assert.equal(lastMs, 440);
});

Deno.test("silence, nothing and a soft tone are not heard", () => {
  const line = new HeardLine();
  line.hear(undefined, 0);
  line.hear(new Int16Array(160), 20);
  line.hear(WHISPER, 40);
  assert.deepEqual(line.spans, []);
  assert.equal(line.lastMs, -Infinity);
});

Deno.test("the longest gap of a stretch counts whole where it reaches beyond", () => {
  const line = lineOf([0, 1000], [1500, 3000], [3200, 4000]);
  assert.equal(line.longestGapMs(0, 4000), 500);
  assert.equal(line.longestGapMs(1400, 2000), 500);
  assert.equal(line.longestGapMs(1600, 4000), 200);
  assert.equal(line.longestGapMs(1600, 2900), 0);
});

Deno.test("a gap without an end ends with the stretch, and the wait for the first word is none", () => {
  const line = lineOf([1000, 2000]);
  assert.equal(line.longestGapMs(0, 1900), 0);
  assert.equal(line.longestGapMs(0, 5000), 3000);
  assert.equal(lineOf().longestGapMs(0, 5000), 0);
});
