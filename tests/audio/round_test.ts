import assert from "node:assert/strict";
import { roundToInt16 } from "../../src/audio/round.ts";

Deno.test("roundToInt16 rounds to the nearest, halves to even, alike for both signs", () => {
  const cases = [[0, 0], [0.4, 0], [0.5, 0], [0.6, 1], [1.5, 2], [2.5, 2]];
  for (const [value, expected] of cases) {
    assert.equal(Math.abs(roundToInt16(value)), expected);
    assert.equal(Math.abs(roundToInt16(-value)), expected);
  }
  assert.equal(roundToInt16(-1.6), -2);
});

Deno.test("roundToInt16 clips and never wraps", () => {
  assert.equal(roundToInt16(32766.6), 32767);
  assert.equal(roundToInt16(32767.5), 32767);
  assert.equal(roundToInt16(1e30), 32767);
  assert.equal(roundToInt16(-32768.5), -32768);
  assert.equal(roundToInt16(-Infinity), -32768);
});
