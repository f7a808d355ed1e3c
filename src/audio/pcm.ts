/*
 * Every platform that Deno runs on is little-endian, as is PCM16 on all our
 * sockets, so that samples and bytes differ in their view only.
 */

const SAMPLE_BYTES = 2;

/**
 * The samples of PCM16 bytes: a view of the same memory where its alignment
 * allows, a copy where it does not. Any thread. Throws RangeError for an odd
 * number of bytes.
 */
export function samplesOf(bytes: Uint8Array): Int16Array {
  requireEven(bytes);
  const source = bytes.byteOffset % SAMPLE_BYTES === 0 ? bytes : bytes.slice();
  return new Int16Array(
    source.buffer,
    source.byteOffset,
    source.byteLength / SAMPLE_BYTES,
  );
}

/** The PCM16 bytes of samples, a view of the same memory. Any thread. */
export function bytesOf(samples: Int16Array): Uint8Array {
  return new Uint8Array(
    samples.buffer,
    samples.byteOffset,
    samples.byteLength,
  );
}

/**
 * Copies PCM16 bytes, aligned or not, to the start of `samples` and returns
 * how many samples that is. Any thread. Throws RangeError for an odd number of
 * bytes, or for more than `samples` holds.
 */
export function readSamples(bytes: Uint8Array, samples: Int16Array): number {
  requireEven(bytes);
  requireFit(bytes.byteLength, samples.byteLength);
  bytesOf(samples).set(bytes);
  return bytes.byteLength / SAMPLE_BYTES;
}

/**
 * Copies samples as PCM16 to the start of `bytes`, aligned or not, and returns
 * how many bytes that is. Any thread. Throws RangeError when `bytes` is too small.
 */
export function writeSamples(samples: Int16Array, bytes: Uint8Array): number {
  requireFit(samples.byteLength, bytes.byteLength);
  bytes.set(bytesOf(samples));
  return samples.byteLength;
}

function requireEven(bytes: Uint8Array) {
  if (bytes.byteLength % SAMPLE_BYTES === 0) return;
  throw new RangeError(
    `Cannot read samples: the number of bytes must be even, got ${bytes.byteLength}`,
  );
}

function requireFit(lengthBytes: number, roomBytes: number) {
  if (lengthBytes <= roomBytes) return;
  throw new RangeError(
    `Cannot copy samples: the target must hold ${lengthBytes} bytes, got ${roomBytes}`,
  );
}
