import assert from "node:assert/strict";
import {
  bytesOf,
  readSamples,
  samplesOf,
  writeSamples,
} from "../../src/audio/pcm.ts";

const SAMPLES = Int16Array.of(1, -2, 32767, -32768);
const BYTES = Uint8Array.of(1, 0, 0xfe, 0xff, 0xff, 0x7f, 0, 0x80);

/** The same bytes, from the given place of a larger buffer. */
function at(offset: number): Uint8Array {
  const buffer = new Uint8Array(BYTES.length + offset + 3);
  buffer.set(BYTES, offset);
  return buffer.subarray(offset, offset + BYTES.length);
}

Deno.test("samplesOf reads aligned and unaligned bytes", () => {
  for (const offset of [0, 1, 2, 3]) {
    assert.deepEqual(samplesOf(at(offset)), SAMPLES);
  }
});

Deno.test("samplesOf copies only where it must", () => {
  const aligned = at(2);
  assert.equal(samplesOf(aligned).buffer, aligned.buffer);
  const unaligned = at(1);
  assert.notEqual(samplesOf(unaligned).buffer, unaligned.buffer);
});

Deno.test("bytesOf views the samples, wherever they lie", () => {
  const buffer = Int16Array.of(9, ...SAMPLES, 9);
  const bytes = bytesOf(buffer.subarray(1, 5));
  assert.deepEqual(bytes, BYTES);
  assert.equal(bytes.buffer, buffer.buffer);
});

Deno.test("readSamples copies to the start and leaves the rest", () => {
  for (const offset of [0, 1]) {
    const samples = new Int16Array(6).fill(7);
    assert.equal(readSamples(at(offset), samples), 4);
    assert.deepEqual(samples, Int16Array.of(...SAMPLES, 7, 7));
  }
});

Deno.test("writeSamples copies to the start and leaves the rest", () => {
  for (const offset of [0, 1]) {
    const bytes = new Uint8Array(11).fill(7).subarray(offset);
    assert.equal(writeSamples(SAMPLES, bytes), 8);
    assert.deepEqual([...bytes.subarray(0, 9)], [...BYTES, 7]);
  }
});

Deno.test("half samples are refused", () => {
  assert.throws(() => samplesOf(BYTES.subarray(1)), RangeError);
  assert.throws(
    () => readSamples(BYTES.subarray(1), new Int16Array(9)),
    RangeError,
  );
});

Deno.test("targets that are too small are refused and left alone", () => {
  const samples = new Int16Array(3);
  assert.throws(() => readSamples(BYTES, samples), RangeError);
  assert.deepEqual(samples, new Int16Array(3));
  const bytes = new Uint8Array(7);
  assert.throws(() => writeSamples(SAMPLES, bytes), RangeError);
  assert.deepEqual(bytes, new Uint8Array(7));
});

Deno.test("no samples are no bytes", () => {
  assert.equal(samplesOf(new Uint8Array(0)).length, 0);
  assert.equal(readSamples(new Uint8Array(0), new Int16Array(0)), 0);
  assert.equal(writeSamples(new Int16Array(0), new Uint8Array(0)), 0);
});
