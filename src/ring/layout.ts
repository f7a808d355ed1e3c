import { KnownMemory } from "./known_memory.ts";

/**
 * The shared words of a ring, as indices behind its place in a slab's
 * words. Each has one writer. Indices count frames since the ring was laid out and never wrap: at
 * 100 frames a second they last 248 days.
 */
export const Word = {
  /** Producer: frames published. */
  WriteIndex: 0,
  /** Producer: the consumer drops all frames before this index. */
  FlushMark: 1,
  /** Producer: frames that found no room. */
  Refused: 2,
  /** Producer: 1 in the middle of a stretch of speech. */
  Streaming: 3,
  /** Producer: the frame that lies in the first slot, or did. */
  Base: 4,
  /** Consumer: frames taken or dropped. A cache line away from the producer's words. */
  ReadIndex: 16,
  /** Consumer: the read index when it obeyed the last flush. */
  FlushedFrom: 17,
  /** Consumer: the last flush mark that made it drop something. */
  FlushedMark: 18,
  /** Consumer: frames dropped by flushes. */
  Discarded: 19,
  /** Consumer: times that it found nothing in the middle of a stretch of speech. */
  Missed: 20,
  /** Consumer: the write index from which on it is worth waking; 0 for always. */
  Wanted: 21,
} as const;

/** Of one ring: the producer's cache line and the consumer's. */
const WORDS = 32;
const HEADER_BYTES = 2 * WORDS * 4;
const LINE_BYTES = 64;

/**
 * Audio in the model → caller ring, in milliseconds: twice what the shard keeps
 * in it, for what was flushed and stands in the way still; the playout queue
 * proper is the shard's.
 */
const DOWNLINK_MS = 320;

/** How the memory of one call is cut up: by time, so that frames of any length fit. */
interface Layout {
  readonly rateHz: number;
  /** Audio in the caller → model ring, so that a shard may pause without a loss. */
  readonly uplinkMs: number;
}

/** Longer rings would only touch more memory. */
const LAYOUTS: readonly Layout[] = [
  { rateHz: 8000, uplinkMs: 2000 },
  { rateHz: 16_000, uplinkMs: 2000 },
  { rateHz: 48_000, uplinkMs: 680 },
];

/** The calls whose rings share one piece of memory: the fewer there are, the fewer objects a thread touches for a frame. */
export const SLAB_CALLS = 32;

/** Where the rings of one call lie; may be posted to the threads that use them. */
export interface RingPlace {
  readonly memory: SharedArrayBuffer;
  /** Names the memory, which is another object in each message that comes. */
  readonly slab: number;
  /** Where in it, in bytes. */
  readonly offsetBytes: number;
  /** Of the audio for which it is cut up. */
  readonly rateHz: number;
}

/** A slab as one thread sees it: two views for all calls in it. */
export interface RingMemory {
  readonly words: Int32Array;
  readonly samples: Int16Array;
}

/** One direction's part of a call's rings. */
export interface RingRegion {
  readonly memory: RingMemory;
  /** Index of the ring's first word. */
  readonly wordsAt: number;
  /** Index of the first sample of its frames. */
  readonly samplesAt: number;
  readonly lengthSamples: number;
}

/** The two directions of one call. */
export interface CallRings {
  readonly uplink: RingRegion;
  readonly downlink: RingRegion;
}

let slabs = 0;

/**
 * Allocates a slab: rings of so many calls, for audio of a rate. Main thread.
 * Throws RangeError for a rate that is not 8000, 16000 or 48000 Hz.
 */
export function allocateSlab(
  rateHz: number,
  calls: number = SLAB_CALLS,
): RingPlace[] {
  const stride = strideOf(layoutFor(rateHz));
  const memory = new SharedArrayBuffer(calls * stride);
  const slab = ++slabs;
  return Array.from({ length: calls }, (_, i) => ({
    memory,
    slab,
    offsetBytes: i * stride,
    rateHz,
  }));
}

/** Allocates the rings of one call alone; see {@linkcode allocateSlab}. */
export function allocateRings(rateHz: number = 8000): RingPlace {
  return allocateSlab(rateHz, 1)[0];
}

function layoutFor(rateHz: number): Layout {
  const layout = LAYOUTS.find((each) => each.rateHz === rateHz);
  if (layout !== undefined) return layout;
  throw new RangeError(
    `Cannot lay out rings: the rate must be one of ${
      LAYOUTS.map((each) => each.rateHz).join(", ")
    } Hz, got ${rateHz}`,
  );
}

function samplesOf(layout: Layout): { uplink: number; downlink: number } {
  const { rateHz, uplinkMs } = layout;
  return {
    uplink: rateHz * uplinkMs / 1000,
    downlink: rateHz * DOWNLINK_MS / 1000,
  };
}

/** Makes used rings as new; nobody else may hold an end of them. Main thread. */
export function clearRings(place: RingPlace): void {
  const { memory, wordsAt } = ringsOf(place).uplink;
  for (let i = 0; i < 2 * WORDS; i++) {
    Atomics.store(memory.words, wordsAt + i, 0);
  }
}

/** Describes where the rings of a call lie. Throws RangeError for a place that is in no slab. */
export function ringsOf(place: RingPlace): CallRings {
  const layout = layoutFor(place.rateHz);
  const { offsetBytes } = place;
  const { byteLength } = place.memory;
  const stride = strideOf(layout);
  if (
    offsetBytes % stride !== 0 || offsetBytes < 0 ||
    offsetBytes + stride > byteLength
  ) {
    throw new RangeError(
      `Cannot use shared memory as rings: ${stride} bytes must lie at a multiple of them, got ${offsetBytes} of ${byteLength}`,
    );
  }
  const memory = memoryOf(place);
  const length = samplesOf(layout);
  const samplesAt = (offsetBytes + HEADER_BYTES) / 2;
  return {
    uplink: {
      memory,
      wordsAt: offsetBytes / 4,
      samplesAt,
      lengthSamples: length.uplink,
    },
    downlink: {
      memory,
      wordsAt: offsetBytes / 4 + WORDS,
      samplesAt: samplesAt + length.uplink,
      lengthSamples: length.downlink,
    },
  };
}

const knownSlabs = new KnownMemory<RingMemory>();

function memoryOf({ slab, memory }: RingPlace): RingMemory {
  return knownSlabs.of(slab, () => ({
    words: new Int32Array(memory),
    samples: new Int16Array(memory),
  }));
}

/** An odd number of cache lines, so that the calls of a slab do not compete for the same ones. */
function strideOf(layout: Layout): number {
  const { uplink, downlink } = samplesOf(layout);
  const bytes = HEADER_BYTES + 2 * (uplink + downlink);
  return bytes / LINE_BYTES % 2 === 0 ? bytes + LINE_BYTES : bytes;
}
