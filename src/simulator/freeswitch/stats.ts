import type { CallStats } from "./call_options.ts";

/** Counts of a call that has not begun. */
export function createStats(): CallStats {
  return {
    framesSent: 0,
    framesUntaken: 0,
    framesHeard: 0,
    underruns: 0,
    silences: 0,
    wrongSize: 0,
    corrupted: 0,
    oversized: 0,
    killed: false,
    lost: 0,
    dropped: 0,
    longestQueue: 0,
    sendErrors: 0,
    unsent: 0,
    firstSentMs: -1,
    firstHeardMs: -1,
  };
}
