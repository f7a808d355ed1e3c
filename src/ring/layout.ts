import { KnownMemory } from "./known_memory.ts";

/**
 * The shared words of a ring, as indices behind its place in a slab's
 * words. Each has one writer. Indices count frames since the ring was laid out and never wrap: at
 * 50 frames a second they last 497 days.
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
 * Bytes of audio in the caller → model ring: 2 s at 8 and 16 kHz, 0.68 s at
 * 48 kHz, so that a shard may pause without a loss.
 */
export const UPLINK_BYTES = 64 * 1024;
/** A ring that were larger at 8 kHz would only touch more memory. */
const UPLINK_FRAMES = 100;

/**
 * Bytes of audio in the model → caller ring: 16 frames, half of them for what
 * was flushed and stands in the way still; the playout queue proper is the shard's.
 */
export const DOWNLINK_BYTES = 32 * 1024;
const DOWNLINK_FRAMES = 16;

/** How the memory of one call is cut up. */
interface Layout {
  /** The longest frame for which it is meant. */
  readonly frameBytes: number;
  readonly uplinkBytes: number;
  readonly downlinkBytes: number;
}

/** Lines at 8 kHz, nearly all of them, take half of the memory of wider ones. */
const LAYOUTS: readonly Layout[] = [
  { frameBytes: 320, uplinkBytes: 32 * 1024, downlinkBytes: 6 * 1024 },
  {
    frameBytes: 1920,
    uplinkBytes: UPLINK_BYTES,
    downlinkBytes: DOWNLINK_BYTES,
  },
];
const WIDEST = LAYOUTS[LAYOUTS.length - 1];

/** The calls whose rings share one piece of memory: the fewer there are, the fewer objects a thread touches for a frame. */
export const SLAB_CALLS = 32;

/** Where the rings of one call lie; may be posted to the threads that use them. */
export interface RingPlace {
  readonly memory: SharedArrayBuffer;
  /** Names the memory, which is another object in each message that comes. */
  readonly slab: number;
  /** Where in it, in bytes. */
  readonly offsetBytes: number;
  /** The longest frame for which there is room. */
  readonly frameBytes: number;
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
  /** The ring holds no more frames than these, however short they are. */
  readonly mostFrames: number;
}

/** The two directions of one call. */
export interface CallRings {
  readonly uplink: RingRegion;
  readonly downlink: RingRegion;
}

let slabs = 0;

/**
 * Allocates a slab: rings of so many calls, for frames of up to so many bytes.
 * Main thread. Throws RangeError for frames longer than those of 48 kHz.
 */
export function allocateSlab(
  frameBytes: number,
  calls: number = SLAB_CALLS,
): RingPlace[] {
  const layout = layoutFor(frameBytes);
  const stride = strideOf(layout);
  const memory = new SharedArrayBuffer(calls * stride);
  const slab = ++slabs;
  return Array.from({ length: calls }, (_, i) => ({
    memory,
    slab,
    offsetBytes: i * stride,
    frameBytes: layout.frameBytes,
  }));
}

/** Allocates the rings of one call alone; see {@linkcode allocateSlab}. */
export function allocateRings(
  frameBytes: number = WIDEST.frameBytes,
): RingPlace {
  return allocateSlab(frameBytes, 1)[0];
}

/** The longest frame of the layout in which frames of so many bytes are laid out. Throws RangeError when there is none. */
export function widestFrame(frameBytes: number): number {
  return layoutFor(frameBytes).frameBytes;
}

function layoutFor(frameBytes: number): Layout {
  const layout = LAYOUTS.find((each) => frameBytes <= each.frameBytes);
  if (layout !== undefined) return layout;
  throw new RangeError(
    `Cannot lay out rings: a frame must have at most ${WIDEST.frameBytes} bytes, got ${frameBytes}`,
  );
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
  const layout = layoutFor(place.frameBytes);
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
  const uplinkAt = offsetBytes + HEADER_BYTES;
  return {
    uplink: {
      memory,
      wordsAt: offsetBytes / 4,
      samplesAt: uplinkAt / 2,
      lengthSamples: layout.uplinkBytes / 2,
      mostFrames: UPLINK_FRAMES,
    },
    downlink: {
      memory,
      wordsAt: offsetBytes / 4 + WORDS,
      samplesAt: (uplinkAt + layout.uplinkBytes) / 2,
      lengthSamples: layout.downlinkBytes / 2,
      mostFrames: DOWNLINK_FRAMES,
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
function strideOf({ uplinkBytes, downlinkBytes }: Layout): number {
  const bytes = HEADER_BYTES + uplinkBytes + downlinkBytes;
  return bytes / LINE_BYTES % 2 === 0 ? bytes + LINE_BYTES : bytes;
}
