/** When something was heard without a break, in milliseconds of `performance.now`. */
export interface Span {
  readonly fromMs: number;
  toMs: number;
}

/** Below it a sample is not the assistant's speech: silence, and the tone that bridges a wait. */
const AUDIBLE = 2500;
/** A look at each so many samples is enough for a tone. */
const STEP = 7;
const FRAME_MS = 20;
/** Frames may arrive in pairs when a thread is late; that is no gap. */
const JOIN_MS = 60;

/** What one caller hears of the assistant, as spans of time. One thread. */
export class HeardLine {
  readonly spans: Span[] = [];

  /** Takes one frame time: what was heard in it, or undefined for nothing. */
  hear(frame: Int16Array | undefined, nowMs: number): void {
    if (frame === undefined || !isAudible(frame)) return;
    const last = this.spans.at(-1);
    if (last !== undefined && nowMs - last.toMs <= JOIN_MS) {
      last.toMs = nowMs + FRAME_MS;
    } else this.spans.push({ fromMs: nowMs, toMs: nowMs + FRAME_MS });
  }

  /** When the assistant was heard last; -Infinity when never. */
  get lastMs(): number {
    return this.spans.at(-1)?.toMs ?? -Infinity;
  }

  /**
   * The longest silence that overlaps a stretch of time, in milliseconds: whole,
   * also where it reaches beyond. The silence before the first word does
   * not count; one without an end ends with the stretch.
   */
  longestGapMs(fromMs: number, toMs: number): number {
    let longestMs = 0;
    for (const [index, { toMs: endMs }] of this.spans.entries()) {
      const nextMs = this.spans[index + 1]?.fromMs ?? Math.max(endMs, toMs);
      if (nextMs < fromMs || endMs > toMs) continue;
      longestMs = Math.max(longestMs, nextMs - endMs);
    }
    return longestMs;
  }
}

function isAudible(frame: Int16Array): boolean {
  for (let i = 0; i < frame.length; i += STEP) {
    if (Math.abs(frame[i]) >= AUDIBLE) return true;
  }
  return false;
}
