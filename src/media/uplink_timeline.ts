/** A frame that comes so much of a frame's length after its time is late or follows one that is missing. */
const LATE = 0.75;
/** Frames that come closer together than this share of their length catch up: what seemed to be missing was late. */
const BURST = 0.5;
/** A frame is missing for certain when all its time but this share has passed beyond its own. */
const SLACK = 1 - LATE;
/** While nothing comes, the stream goes on by our clock this much behind FreeSWITCH's, in milliseconds. */
const PATIENCE_MS = 100;
/** Clocks that look less often than this have slept, and what came meanwhile was not read yet. */
const SLEPT_MS = 50;
/** More silence than this at once, in milliseconds, tells a model nothing. */
const MOST_AT_ONCE_MS = 500;
/** How far a stream may be ahead before its schedule is taken to be wrong, in milliseconds. */
const MOST_AHEAD_MS = 500;
/** FreeSWITCH's clock and ours may differ by this share, 200 ppm. */
const DRIFT = 2e-4;

/** Where the frames of an {@linkcode UplinkTimeline} go. */
export interface UplinkFrames {
  /** Takes a frame that came; valid during the call only. */
  give(frame: Uint8Array): void;
  /** Makes up a frame that is missing. */
  conceal(): void;
}

/**
 * Keeps the caller's stream at FreeSWITCH's pace, although
 * datagrams have no number: a frame that comes a slot too late is held until
 * the next one tells whether those before it were late, and then they follow at
 * once, or are missing and made up. Every frame that comes is given, in order.
 * A frame made up for one that comes after all is owed: as many lateness is
 * borne before another is made up. Main thread; allocates nothing for a frame.
 */
export class UplinkTimeline {
  #frames: UplinkFrames;
  #frameMs: number;
  /** When the next frame is due, by FreeSWITCH's clock as its frames tell it; NaN before the first, see FrameBudget for why not undefined. */
  #dueMs = NaN;
  #held: Uint8Array;
  #holds = false;
  #heldMs = 0;
  #concealed = 0;

  constructor(
    frames: UplinkFrames,
    options: { readonly frameBytes: number; readonly frameMs: number },
  ) {
    this.#frames = frames;
    this.#frameMs = options.frameMs;
    this.#held = new Uint8Array(options.frameBytes);
  }

  /** Frames that were made up. */
  get concealedFrames(): number {
    return this.#concealed;
  }

  /** Takes a frame that came at `nowMs`, monotonic milliseconds. */
  arrive(frame: Uint8Array, nowMs: number): void {
    if (this.#holds) this.#release(nowMs);
    if (Number.isNaN(this.#dueMs)) this.#dueMs = nowMs;
    if (nowMs - this.#dueMs < LATE * this.#frameMs) {
      this.#give(frame, nowMs);
      return;
    }
    this.#held.set(frame);
    this.#heldMs = nowMs;
    this.#holds = true;
  }

  /** For how long after the newest frame {@linkcode UplinkTimeline.tick} has nothing to do, in milliseconds. */
  get restsMs(): number {
    return this.#holds ? BURST * this.#frameMs : PATIENCE_MS;
  }

  /** Goes on while nothing comes, to be told the time every frame or so, `sinceMs` after it was told to anybody; whether a frame was given or made up. */
  tick(nowMs: number, sinceMs: number): boolean {
    if (sinceMs >= SLEPT_MS || Number.isNaN(this.#dueMs)) return false;
    if (this.#holds) {
      if (nowMs - this.#heldMs <= BURST * this.#frameMs) return false;
      this.#release(nowMs);
      return true;
    }
    if (nowMs - this.#dueMs < PATIENCE_MS) return false;
    while (nowMs - this.#dueMs >= PATIENCE_MS) this.#conceal();
    return true;
  }

  #release(nowMs: number): void {
    this.#holds = false;
    const isAlone = nowMs - this.#heldMs > BURST * this.#frameMs;
    if (isAlone) this.#fill(this.#heldMs);
    this.#give(this.#held, this.#heldMs);
  }

  /** Makes up what is missing before a frame that came at `untilMs`. */
  #fill(untilMs: number): void {
    const fromMs = this.#dueMs - SLACK * this.#frameMs;
    const missingMs = Math.min(untilMs - fromMs, MOST_AT_ONCE_MS);
    const missing = Math.floor(missingMs / this.#frameMs);
    for (let i = 0; i < missing; i++) this.#conceal();
    if (untilMs - this.#dueMs >= this.#frameMs) this.#dueMs = untilMs;
  }

  #conceal(): void {
    this.#frames.conceal();
    this.#concealed++;
    this.#dueMs += this.#frameMs;
  }

  #give(frame: Uint8Array, cameMs: number): void {
    this.#frames.give(frame);
    const lateMs = cameMs - this.#dueMs;
    // Until something was made up, the earliest frame tells FreeSWITCH's clock.
    const driftMs = DRIFT * this.#frameMs;
    const correctionMs = lateMs < 0 && this.#concealed === 0
      ? lateMs
      : Math.max(-driftMs, Math.min(driftMs, lateMs));
    this.#dueMs = Math.min(
      this.#dueMs + correctionMs + this.#frameMs,
      cameMs + MOST_AHEAD_MS,
    );
  }
}
