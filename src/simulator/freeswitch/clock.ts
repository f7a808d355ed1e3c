/** Time as the simulated machine sees it; replaced in tests. */
export interface Clock {
  /** Monotonic milliseconds. */
  nowMs(): number;
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Calls `run` once, `delayMs` from now; the function returned prevents it. */
  after(delayMs: number, run: () => void): () => void;
}

/** The computer's own clock. Any thread. */
export const SYSTEM_CLOCK: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
