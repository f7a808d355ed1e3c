import assert from "node:assert/strict";
import { readWav, writeWav } from "../../src/simulator/wav.ts";

const SAMPLES = Int16Array.of(0, 1, -1, 32767, -32768, 1234);

Deno.test("readWav gives back what writeWav was given", () => {
  for (const rateHz of [8000, 16000, 24000]) {
    const audio = readWav(writeWav(SAMPLES, rateHz));
    assert.equal(audio.rateHz, rateHz);
    assert.deepEqual(audio.samples, SAMPLES);
  }
  assert.equal(readWav(writeWav(new Int16Array(0), 8000)).samples.length, 0);
});

Deno.test("writeWav makes the header that the format asks for", () => {
  const bytes = writeWav(SAMPLES, 8000);
  const text = (from: number) =>
    new TextDecoder().decode(bytes.subarray(from, from + 4));
  const view = new DataView(bytes.buffer);
  assert.deepEqual([text(0), text(8), text(12), text(36)], [
    "RIFF",
    "WAVE",
    "fmt ",
    "data",
  ]);
  assert.equal(view.getUint32(4, true), bytes.length - 8);
  assert.equal(view.getUint32(28, true), 16000);
  assert.equal(view.getUint32(40, true), 12);
});

Deno.test("readWav finds the audio behind other chunks and at an odd offset", () => {
  const plain = writeWav(SAMPLES, 8000);
  // A chunk of three bytes and its padding stands before "fmt ".
  const extra = Uint8Array.of(0x4c, 0x49, 0x53, 0x54, 3, 0, 0, 0, 7, 7, 7, 0);
  const shifted = new Uint8Array(1 + plain.length + extra.length);
  shifted.set(plain.subarray(0, 12), 1);
  shifted.set(extra, 13);
  shifted.set(plain.subarray(12), 13 + extra.length);
  assert.deepEqual(readWav(shifted.subarray(1)).samples, SAMPLES);
});

Deno.test("readWav says what is wrong when the file is not 16-bit mono PCM", () => {
  const change = (offset: number, value: number) => {
    const bytes = writeWav(SAMPLES, 8000);
    new DataView(bytes.buffer).setUint16(offset, value, true);
    return bytes;
  };
  const message = (bytes: Uint8Array, pattern: RegExp) =>
    assert.throws(
      () => readWav(bytes),
      (error: Error) =>
        error instanceof TypeError && pattern.test(error.message),
    );
  message(new Uint8Array(3), /no RIFF/);
  message(new TextEncoder().encode("ID3 this is no wave"), /no RIFF/);
  message(change(20, 7), /format 7/);
  message(change(22, 2), /2 channel/);
  message(change(34, 8), /8 bits/);
  message(writeWav(SAMPLES, 8000).subarray(0, 50), /12 bytes, got 6/);
  message(writeWav(SAMPLES, 8000).subarray(0, 30), /fmt/);
  message(writeWav(SAMPLES, 8000).subarray(0, 36), /no data/);
});

Deno.test("writeWav refuses a rate that is no number of hertz", () => {
  for (const rateHz of [0, -1, 0.5, NaN]) {
    assert.throws(() => writeWav(SAMPLES, rateHz), RangeError);
  }
});
