/** What a number of calls must meet to count as carried. */
export const LIMITS = {
  /** Frames that left one side and did not reach the other, or twice, or in another order. */
  lostFrames: 0,
  /** Frame times without a frame inside speech of the model. */
  underrunFrames: 0,
  /** From a datagram that leaves the caller to the message that carries it at the model. */
  uplinkP99Ms: 80,
  /** From an answer's first delta that leaves the model to its first datagram at the caller. */
  downlinkP99Ms: 40,
  /** Calls answered a second while the load is built up, or as many as were placed. */
  setupsPerSecond: 100,
  /** From the model's notice to the last old frame, in profile `turns`. */
  bargeInP95Ms: 60,
} as const;

/** What the measuring processes must keep for a result to mean anything. */
export const TRUST = {
  /** Of one core, by the busiest thread of the callers or of the model. */
  mostBusy: 0.7,
  /** Of the callers' frame times, more than 10 ms late. */
  lateTicks: 0.01,
  /** Of the model's wake-ups, more than 10 ms late. */
  lateWakes: 0.02,
  /** Of all processors, by programs that have no part in the run and by the kernel. */
  othersBusy: 0.25,
  /** Of all processors, by the host of a virtual machine. */
  stolen: 0.05,
} as const;

/** So few calls are answered too quickly for a rate to mean anything. */
export const FEWEST_FOR_RATE = 50;
/** The rate of answers trails that of placing at both ends of the ramp. */
export const RATE_TOLERANCE = 0.9;
