import assert from "node:assert/strict";
import { allocateSamples } from "../../src/audio/audio_memory.ts";
import {
  base64LengthBytes,
  decodeBase64,
  encodeBase64Masked,
  MAX_BASE64_BYTES,
} from "../../src/audio/pcm_base64.ts";
import { printedSeed, seededRandom } from "./seeded_random.ts";

const KEYS = [0, 1, 0x80, 0xff000000, 0x12345678, 0xdeadbeef, -1, -559038737];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

Deno.test("decodeBase64 gives what was encoded, for every length", () => {
  const random = seededRandom(printedSeed());
  for (const lengthBytes of lengths(random)) {
    const bytes = noise(random, lengthBytes);
    const text = bytes.toBase64();
    for (const shown of [text, text.replaceAll("=", "")]) {
      const decoded = decode(shown);
      assert.ok(decoded !== undefined, shown);
      assert.equal(decoded.oddByte, lengthBytes % 2 ? bytes.at(-1) : undefined);
      assert.deepEqual(decoded.samples, samplesOf(bytes));
    }
  }
});

Deno.test("decodeBase64 takes the part that it is told and leaves the bytes alone", () => {
  const text = samplesOf(Uint8Array.of(1, 2, 3, 4));
  const bytes = encoder.encode('{"delta":"AQIDBA=="}');
  const before = bytes.slice();
  for (const from of [0, 10]) {
    const decoded = decodeBase64(bytes.subarray(10 - from), from, from + 8);
    assert.deepEqual(decoded?.samples, text);
  }
  assert.deepEqual(bytes, before);
});

Deno.test("decodeBase64 refuses each byte outside of the alphabet, wherever it stands", () => {
  const valid = new Set(
    encoder.encode(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    ),
  );
  for (const length of [4, 20, 36, 64, 99]) {
    for (const at of [0, 1, 2, 3, 15, 16, 17, 31, 32, 47, 63, 90, 98]) {
      for (let byte = 0; byte < 256 && at < length; byte++) {
        const bytes = encoder.encode("k".repeat(length));
        bytes[at] = byte;
        // The end of a text may be padding.
        if (byte === 0x3d && at === length - 1 && length % 4 === 0) continue;
        const decoded = decodeBase64(bytes, 0, length);
        assert.equal(
          decoded !== undefined,
          valid.has(byte),
          `${byte} at ${at}`,
        );
      }
    }
  }
});

Deno.test("decodeBase64 judges padding and length as setFromBase64 does", () => {
  const bodies = ["", "A", "AB", "ABC", "ABCD", "k".repeat(13), "/".repeat(16)];
  const tails = ["", "=", "==", "===", "====", "=A", "==A", "=A=", "A=", "A=="];
  const target = new Uint8Array(100);
  for (const body of bodies) {
    for (
      const tail of tails.flatMap((tail) => [tail, `B${tail}`, `+/${tail}`])
    ) {
      const text = body + tail;
      const expected = native(text, target);
      const decoded = decode(text);
      assert.equal(decoded === undefined, expected === undefined, text);
      assert.deepEqual(decoded?.samples, expected && samplesOf(expected), text);
    }
  }
});

Deno.test("decodeBase64 agrees with setFromBase64 on texts with mistakes", () => {
  const random = seededRandom(printedSeed());
  const target = new Uint8Array(400);
  for (let round = 0; round < 3000; round++) {
    const bytes = noise(random, Math.floor(random() * 300));
    const text = [...bytes.toBase64({ omitPadding: random() < 0.5 })];
    for (let n = Math.floor(random() * 3); n > 0; n--) {
      const at = Math.floor(random() * text.length);
      text[at] = String.fromCharCode(33 + Math.floor(random() * 94));
    }
    const shown = text.join("");
    const expected = native(shown, target);
    assert.deepEqual(
      decode(shown)?.samples,
      expected && samplesOf(expected),
      shown,
    );
  }
});

Deno.test("decodeBase64 refuses what is longer than its buffer", () => {
  const longest = new Uint8Array(MAX_BASE64_BYTES + 4).fill(65);
  const decoded = decodeBase64(longest, 0, MAX_BASE64_BYTES);
  assert.equal(decoded?.samples.length, MAX_BASE64_BYTES / 4 * 3 / 2);
  assert.ok(decoded?.samples.every((sample) => sample === 0));
  assert.equal(decodeBase64(longest, 0, longest.length), undefined);
});

Deno.test("encodeBase64Masked equals toBase64 under the mask, for every length, key and place", () => {
  const random = seededRandom(printedSeed());
  for (const lengthSamples of lengths(random)) {
    const samples = samplesOf(noise(random, lengthSamples * 2));
    const text = encoder.encode(bytesOf(samples).toBase64());
    for (const key of KEYS) {
      const at = Math.floor(random() * 20);
      const target = new Uint8Array(at + text.length + 20).fill(7);
      const written = encodeBase64Masked(samples, target, at, key);
      assert.equal(written, text.length);
      assert.equal(written, base64LengthBytes(lengthSamples));
      const shown = target.subarray(at, at + written);
      shown.forEach((byte, i) => shown[i] = byte ^ key >>> (i & 3) * 8);
      assert.equal(decoder.decode(shown), decoder.decode(text));
      target.fill(7, at, at + written);
      assert.ok(target.every((byte) => byte === 7));
    }
  }
});

Deno.test("encodeBase64Masked takes samples of any alignment, and those in the audio memory", () => {
  const random = seededRandom(printedSeed());
  const region = allocateSamples(300);
  region.set(samplesOf(noise(random, 600)));
  const outside = region.slice();
  for (let from = 0; from < 20; from++) {
    for (let to = 280; to <= 300; to++) {
      const expected = bytesOf(outside.subarray(from, to)).toBase64();
      for (const samples of [region, outside]) {
        const target = new Uint8Array(expected.length);
        encodeBase64Masked(samples.subarray(from, to), target, 0, 0);
        assert.equal(decoder.decode(target), expected);
      }
    }
  }
  assert.deepEqual(region, outside);
});

Deno.test("encodeBase64Masked refuses a small target and leaves it alone", () => {
  const samples = new Int16Array(3);
  const target = new Uint8Array(10).fill(7);
  for (const at of [3, 10, 11, -1]) {
    assert.throws(() => encodeBase64Masked(samples, target, at, 0), RangeError);
  }
  assert.ok(target.every((byte) => byte === 7));
  assert.equal(encodeBase64Masked(samples, target, 2, 0), 8);
});

Deno.test("what was decoded outlives encoding and can be encoded in place", () => {
  const bytes = noise(seededRandom(printedSeed()), 3000);
  const text = bytes.toBase64();
  const decoded = decode(text);
  assert.ok(decoded !== undefined);
  encodeBase64Masked(new Int16Array(6144), new Uint8Array(16384), 0, 5);
  const target = new Uint8Array(text.length);
  encodeBase64Masked(decoded.samples, target, 0, 0);
  assert.equal(decoder.decode(target), text);
});

/** Every length up to 200, and some large ones up to more than is encoded at once. */
function lengths(random: () => number): number[] {
  const large = Array.from({ length: 8 }, () => Math.floor(random() * 20_000));
  return [...Array.from({ length: 201 }, (_, i) => i), 6143, 6144, 6145, 12_289]
    .concat(large);
}

function noise(random: () => number, lengthBytes: number): Uint8Array {
  return Uint8Array.from({ length: lengthBytes }, () => random() * 256);
}

function decode(text: string) {
  const bytes = encoder.encode(text);
  return decodeBase64(bytes, 0, bytes.length);
}

function native(text: string, target: Uint8Array): Uint8Array | undefined {
  try {
    return target.slice(0, target.setFromBase64(text).written);
  } catch {
    return undefined;
  }
}

/** The whole samples of the bytes, copied. */
function samplesOf(bytes: Uint8Array): Int16Array {
  return new Int16Array(
    bytes.slice(0, bytes.length & ~1).buffer as ArrayBuffer,
  );
}

function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(samples.slice().buffer);
}
