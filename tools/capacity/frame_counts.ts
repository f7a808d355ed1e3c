/** What became of numbered frames on their way. */
export interface FrameCounts {
  readonly received: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
}

/** Adds two counts. */
export function addCounts(a: FrameCounts, b: FrameCounts): FrameCounts {
  return {
    received: a.received + b.received,
    lost: a.lost + b.lost,
    doubled: a.doubled + b.doubled,
    outOfOrder: a.outOfOrder + b.outOfOrder,
  };
}

/** What came from one moment to a later one. */
export function subtractCounts(
  later: FrameCounts,
  earlier: FrameCounts,
): FrameCounts {
  return {
    received: later.received - earlier.received,
    lost: later.lost - earlier.lost,
    doubled: later.doubled - earlier.doubled,
    outOfOrder: later.outOfOrder - earlier.outOfOrder,
  };
}

/** No frames at all. */
export const NO_FRAMES: FrameCounts = {
  received: 0,
  lost: 0,
  doubled: 0,
  outOfOrder: 0,
};
