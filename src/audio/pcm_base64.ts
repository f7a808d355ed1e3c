import {
  allocateBytes,
  allocateSamples,
  audioBuffer,
  audioMemory,
} from "./audio_memory.ts";
import { BASE64_BINARY_BASE64 } from "./base64_binary.ts";
import { KeptByLength } from "./kept_by_length.ts";

/** The longest text that {@linkcode decodeBase64} takes: 4 s of speech at 24 kHz. */
export const MAX_BASE64_BYTES = 256 * 1024;

const SAMPLE_BYTES = 2;
/** Samples that are encoded at once; of a multiple of three, the text needs no padding. */
const MAX_SAMPLES = 6144;
const MAX_ENCODED_BYTES = MAX_SAMPLES * SAMPLE_BYTES / 3 * 4;
/** The kernel writes whole vectors. */
const VECTOR_BYTES = 16;
/** Of the module's own. */
const CONSTANT_BYTES = 128;

interface Base64Exports {
  decode(lengthBytes: number): number;
  encode(address: number, lengthBytes: number, key: number): number;
}

const text = allocateBytes(MAX_BASE64_BYTES + VECTOR_BYTES);
const encoded = allocateBytes(MAX_ENCODED_BYTES + VECTOR_BYTES);
const textRegion = new Uint8Array(audioBuffer, text, MAX_BASE64_BYTES);
const inputRegion = allocateSamples(MAX_SAMPLES);

const kernel = new WebAssembly.Instance(
  new WebAssembly.Module(Uint8Array.fromBase64(BASE64_BINARY_BASE64)),
  {
    audio: {
      memory: audioMemory,
      text,
      encoded,
      constants: allocateBytes(CONSTANT_BYTES),
    },
  },
).exports as unknown as Base64Exports;

/** What {@linkcode decodeBase64} found; `oddByte` is half a sample at the end. */
export interface DecodedSamples {
  readonly samples: Int16Array;
  readonly oddByte: number | undefined;
}

const decodedOf = new KeptByLength((lengthBytes) => ({
  samples: new Int16Array(audioBuffer, text, lengthBytes >> 1),
  oddByte: undefined as number | undefined,
}));
const encodedOf = new KeptByLength((lengthBytes) =>
  new Uint8Array(audioBuffer, encoded, lengthBytes)
);

/**
 * The 16-bit little-endian samples whose base64 stands in `bytes` from `from`
 * to before `to`, in the audio memory and valid until the next call. Undefined
 * when it is not base64 of the standard alphabet (RFC 4648, section 4; padding
 * may be left out, spaces may not stand in it), and when it is longer than
 * {@linkcode MAX_BASE64_BYTES}. Worker thread.
 */
export function decodeBase64(
  bytes: Uint8Array,
  from: number,
  to: number,
): DecodedSamples | undefined {
  const part = bytes.subarray(from, to);
  if (part.length > MAX_BASE64_BYTES) return undefined;
  textRegion.set(part);
  const lengthBytes = kernel.decode(part.length);
  if (lengthBytes < 0) return undefined;
  const decoded = decodedOf.of(lengthBytes);
  if ((lengthBytes & 1) === 1) decoded.oddByte = textRegion[lengthBytes - 1];
  return decoded;
}

/** How many bytes {@linkcode encodeBase64Masked} writes for `lengthSamples`. Any thread. */
export function base64LengthBytes(lengthSamples: number): number {
  return Math.ceil(lengthSamples * SAMPLE_BYTES / 3) * 4;
}

/**
 * Writes the base64 of samples as 16-bit little-endian, with padding, to
 * `target` at `at`, byte i combined by exclusive or with byte i & 3 of `key`,
 * lowest first: the mask of a WebSocket's client (RFC 6455, section 5.3), 0 for
 * none. Returns how many bytes that is; throws RangeError, before anything is
 * written, when they do not fit. Worker thread; samples in the audio memory are
 * not copied.
 */
export function encodeBase64Masked(
  samples: Int16Array,
  target: Uint8Array,
  at: number,
  key: number,
): number {
  requireRoom(target, at, base64LengthBytes(samples.length));
  if (samples.length <= MAX_SAMPLES) return encode(samples, target, at, key);
  let written = 0;
  for (let start = 0; start < samples.length; start += MAX_SAMPLES) {
    const part = samples.subarray(start, start + MAX_SAMPLES);
    written += encode(part, target, at + written, key);
  }
  return written;
}

function encode(
  samples: Int16Array,
  target: Uint8Array,
  at: number,
  key: number,
): number {
  let address = samples.byteOffset;
  if (samples.buffer !== audioBuffer) {
    inputRegion.set(samples);
    address = inputRegion.byteOffset;
  }
  const lengthBytes = kernel.encode(address, samples.byteLength, key);
  target.set(encodedOf.of(lengthBytes), at);
  return lengthBytes;
}

function requireRoom(target: Uint8Array, at: number, lengthBytes: number) {
  if (at >= 0 && at + lengthBytes <= target.length) return;
  throw new RangeError(
    `Cannot encode samples: the target must hold ${lengthBytes} bytes from ${at} on, got ${target.length}`,
  );
}
