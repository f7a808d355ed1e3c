import type { ServerEvent } from "./server_event.ts";

type AudioEvent = Extract<ServerEvent, { type: "audio" }>;

/** Samples of an ordinary delta and more; one that is larger makes it grow. */
const FIRST_SAMPLES = 8 * 1024;
/** A larger one is not kept when it has served. */
const MOST_KEPT_SAMPLES = 128 * 1024;

/** One for all calls of the thread, for deltas that begin within a sample. */
let scratch = new Int16Array(FIRST_SAMPLES);

/**
 * Joins the speech of one response where it was cut within a sample. Worker
 * thread. Deltas of whole samples are left where they are.
 */
export class HalfSample {
  #byte: number | undefined;
  #itemId: string | undefined;

  /** The samples that a delta completes, valid until the next call or the next delta is read. */
  join({ samples, oddByte, itemId }: AudioEvent): Int16Array {
    if (itemId !== undefined) this.itemIs(itemId);
    const first = this.#byte;
    this.#byte = oddByte;
    if (first === undefined) return samples;
    const joined = takeScratch(samples.length + 1);
    const bytes = new Uint8Array(joined.buffer);
    const { buffer, byteOffset, byteLength } = samples;
    bytes[0] = first;
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), 1);
    if (oddByte === undefined) {
      this.#byte = bytes[byteLength];
      return joined.subarray(0, samples.length);
    }
    bytes[byteLength + 1] = oddByte;
    this.#byte = undefined;
    return joined.subarray(0, samples.length + 1);
  }

  /** What comes now belongs to this item; half a sample of another one is of no use. */
  itemIs(itemId: string): void {
    if (this.#itemId !== undefined && itemId !== this.#itemId) this.forget();
    this.#itemId = itemId;
  }

  /** No more of what was begun is to come. */
  forget(): void {
    this.#byte = undefined;
  }
}

function takeScratch(lengthSamples: number): Int16Array<ArrayBuffer> {
  if (lengthSamples > scratch.length) scratch = new Int16Array(lengthSamples);
  const taken = scratch;
  if (taken.length > MOST_KEPT_SAMPLES) scratch = new Int16Array(FIRST_SAMPLES);
  return taken;
}
