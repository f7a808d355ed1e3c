/**
 * The shared words of a ring, as indices into its Int32Array. Each has one
 * writer. Indices count frames since the ring was laid out and never wrap: at
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

const WORDS = 32;
const HEADER_BYTES = WORDS * 4;

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

/** One direction's part of a call's shared memory. */
export interface RingRegion {
  readonly words: Int32Array;
  readonly buffer: SharedArrayBuffer;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** The ring holds no more frames than these, however short they are. */
  readonly mostFrames: number;
}

/** The two directions of one call. */
export interface CallRings {
  readonly uplink: RingRegion;
  readonly downlink: RingRegion;
}

/**
 * Allocates the memory of one call's rings, for frames of up to so many bytes.
 * Main thread. Throws RangeError for frames longer than those of 48 kHz.
 */
export function allocateRings(
  frameBytes: number = WIDEST.frameBytes,
): SharedArrayBuffer {
  return new SharedArrayBuffer(ringBytes(frameBytes));
}

/** Bytes of the memory that {@linkcode allocateRings} allocates. */
export function ringBytes(frameBytes: number): number {
  const layout = LAYOUTS.find((each) => frameBytes <= each.frameBytes);
  if (layout !== undefined) return lengthOf(layout);
  throw new RangeError(
    `Cannot lay out rings: a frame must have at most ${WIDEST.frameBytes} bytes, got ${frameBytes}`,
  );
}

/** Makes used memory as new; nobody else may hold an end of it. Main thread. */
export function clearRings(buffer: SharedArrayBuffer): void {
  const { uplink, downlink } = ringsOf(buffer);
  for (let i = 0; i < WORDS; i++) {
    Atomics.store(uplink.words, i, 0);
    Atomics.store(downlink.words, i, 0);
  }
}

/** Describes where the rings lie in a call's memory. Throws RangeError for memory of another size. */
export function ringsOf(buffer: SharedArrayBuffer): CallRings {
  const layout = LAYOUTS.find((each) => lengthOf(each) === buffer.byteLength);
  if (layout === undefined) {
    throw new RangeError(
      `Cannot use shared memory as rings: it must have ${
        LAYOUTS.map(lengthOf).join(" or ")
      } bytes, got ${buffer.byteLength}`,
    );
  }
  return {
    uplink: {
      words: new Int32Array(buffer, 0, WORDS),
      buffer,
      offsetBytes: 2 * HEADER_BYTES,
      lengthBytes: layout.uplinkBytes,
      mostFrames: UPLINK_FRAMES,
    },
    downlink: {
      words: new Int32Array(buffer, HEADER_BYTES, WORDS),
      buffer,
      offsetBytes: 2 * HEADER_BYTES + layout.uplinkBytes,
      lengthBytes: layout.downlinkBytes,
      mostFrames: DOWNLINK_FRAMES,
    },
  };
}

function lengthOf(layout: Layout): number {
  return 2 * HEADER_BYTES + layout.uplinkBytes + layout.downlinkBytes;
}
