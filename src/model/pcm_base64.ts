/** What {@linkcode decodePcm} found; `oddByte` is half a sample at the end. */
export interface DecodedPcm {
  readonly samples: Int16Array;
  readonly oddByte: number | undefined;
}

/** Bytes of an ordinary delta and more; one that is larger makes it grow. */
const FIRST_BYTES = 16 * 1024;
/** A larger one is not kept when it has served. */
const MOST_KEPT_BYTES = 256 * 1024;

/**
 * One for all calls of the thread: a buffer for each delta would be garbage
 * that the collector does not see, because it lies outside of its heap.
 */
let scratch = new Uint8Array(FIRST_BYTES);

/**
 * Samples of base64 of 16-bit little-endian, which is how the realtime protocol
 * carries them, valid until the next call; undefined when it is not base64.
 * Worker thread. For what `AudioDeltaReader` leaves over.
 */
export function decodePcm(base64: string): DecodedPcm | undefined {
  const most = Math.ceil(base64.length / 4) * 3;
  if (most > scratch.length) scratch = new Uint8Array(most + most % 2);
  const target = scratch;
  if (target.length > MOST_KEPT_BYTES) scratch = new Uint8Array(FIRST_BYTES);
  try {
    const { written } = target.setFromBase64(base64);
    const samples = new Int16Array(target.buffer, 0, written >> 1);
    const oddByte = (written & 1) === 1 ? target[written - 1] : undefined;
    return { samples, oddByte };
  } catch {
    return undefined;
  }
}
