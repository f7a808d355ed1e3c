import { quantilesOf } from "../capacity/statistics.ts";
import type { Caller } from "./caller.ts";

/** A stretch of time, in milliseconds of `performance.now`. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The longest silence of each caller in a stretch, in milliseconds. */
export function gapsOf(
  callers: readonly Caller[],
  { fromMs, toMs }: Stretch,
): number[] {
  return callers.map(({ line }) => line.longestGapMs(fromMs, toMs));
}

/** The 95th percentile, in seconds. */
export function p95Seconds(gapsMs: readonly number[]): number {
  return quantilesOf(gapsMs).p95 / 1000;
}

/** The 99th percentile, in seconds. */
export function p99Seconds(gapsMs: readonly number[]): number {
  return quantilesOf(gapsMs).p99 / 1000;
}

/** The longest of them: those that a fault has hit, whose share the silence of the others must not dilute. */
export function longestOf(
  gapsMs: readonly number[],
  count: number,
): number[] {
  return gapsMs.toSorted((a, b) => b - a).slice(0, count);
}
