/** 1 MiB, of which less than half is used; it never grows, since that would detach every view. */
const PAGES = 16;
const SAMPLE_BYTES = 2;
/** Vectors that do not straddle cache lines load faster. */
const ALIGNMENT_BYTES = 64;
/** Behind everything, for vectors that read beyond their last sample. */
const MARGIN_BYTES = 256;

/** The memory that all WebAssembly modules of `src/audio/` share; one a thread. */
export const audioMemory: WebAssembly.Memory = new WebAssembly.Memory({
  initial: PAGES,
  maximum: PAGES,
});

/** Its bytes; they stay where they are for as long as the thread lives. */
export const audioBuffer = audioMemory.buffer as ArrayBuffer;

let freeAddress = ALIGNMENT_BYTES;

/**
 * Sets bytes of {@linkcode audioMemory} aside for good and returns their
 * address, a multiple of 64. Throws RangeError when the memory is full.
 */
export function allocateBytes(lengthBytes: number): number {
  const address = freeAddress;
  const end = address + lengthBytes;
  if (end + MARGIN_BYTES > audioBuffer.byteLength) {
    throw new RangeError(
      `Cannot allocate audio memory: ${lengthBytes} bytes must fit behind ${address} of ${audioBuffer.byteLength}`,
    );
  }
  freeAddress = Math.ceil(end / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  return address;
}

/**
 * Sets samples aside for good, as a buffer that all calls of a thread share:
 * what lies there is resampled, encoded and decoded without a copy. Throws
 * RangeError when the memory is full.
 */
export function allocateSamples(lengthSamples: number): Int16Array {
  const address = allocateBytes(lengthSamples * SAMPLE_BYTES);
  return new Int16Array(audioBuffer, address, lengthSamples);
}
