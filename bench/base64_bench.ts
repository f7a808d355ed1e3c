import {
  base64LengthBytes,
  decodeBase64,
  encodeBase64Masked,
} from "../src/audio/pcm_base64.ts";

// 40 ms for a model of 24 kHz, and what such a model sends at a time.
const BATCH_SAMPLES = 960;
const DELTA_CHARACTERS = 8960;
const KEY = 0x12345678;

const speech = Int16Array.from({ length: 3360 }, (_, n) => 9000 * Math.sin(n));
const samples = speech.slice(0, BATCH_SAMPLES);
const bytes = new Uint8Array(samples.buffer);
const message = new Uint8Array(100 + base64LengthBytes(BATCH_SAMPLES));
const encoder = new TextEncoder();

Deno.bench("encode and mask in the audio memory", {
  group: `encode ${BATCH_SAMPLES} samples, masked`,
  baseline: true,
}, () => {
  encodeBase64Masked(samples, message, 50, KEY);
});

Deno.bench("toBase64, encodeInto, mask by JavaScript", {
  group: `encode ${BATCH_SAMPLES} samples, masked`,
}, () => {
  const text = bytes.toBase64();
  const { written } = encoder.encodeInto(text, message.subarray(50));
  mask(message, 50, written);
});

const delta = new Uint8Array(100 + DELTA_CHARACTERS);
encoder.encodeInto(
  new Uint8Array(speech.buffer).toBase64(),
  delta.subarray(50),
);
const end = 50 + DELTA_CHARACTERS;
const decoder = new TextDecoder();
const scratch = new Uint8Array(16 * 1024);

Deno.bench("decode in the audio memory", {
  group: `decode ${DELTA_CHARACTERS} characters`,
  baseline: true,
}, () => {
  decodeBase64(delta, 50, end);
});

Deno.bench("TextDecoder, setFromBase64", {
  group: `decode ${DELTA_CHARACTERS} characters`,
}, () => {
  const text = decoder.decode(delta.subarray(50, end));
  const { written } = scratch.setFromBase64(text);
  new Int16Array(scratch.buffer, 0, written >> 1);
});

/** As the WebSocket's writer masks. */
function mask(bytes: Uint8Array, from: number, length: number) {
  const a = KEY & 255;
  const b = KEY >>> 8 & 255;
  const c = KEY >>> 16 & 255;
  const d = KEY >>> 24;
  for (let at = from; at < from + length; at += 4) {
    bytes[at] ^= a;
    bytes[at + 1] ^= b;
    bytes[at + 2] ^= c;
    bytes[at + 3] ^= d;
  }
}
