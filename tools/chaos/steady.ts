import type { Stage } from "./stage.ts";
import { gapsOf, p95Seconds, type Stretch } from "./gaps.ts";

/** Long enough for two answers of the simulated model. */
const BASELINE_MS = 6000;
/** Gaps of an answer's change belong to whoever begins after it. */
const LATE_MS = 300;

/** Places all calls and listens to them while nothing is wrong; gives the gap p95 of that time, in seconds. */
export async function steadyGapSeconds(stage: Stage): Promise<number> {
  await stage.placeCalls();
  const fromMs = performance.now();
  stage.options.tell("listening while nothing is wrong");
  await stage.pause(BASELINE_MS);
  const stretch = { fromMs, toMs: performance.now() };
  return p95Seconds(gapsOf(stage.callers, stretch));
}

/** Listens for so long after a fault; the stretch begins a little before it. */
export async function watch(
  stage: Stage,
  { sinceMs, seconds }: { sinceMs: number; seconds: number },
): Promise<Stretch> {
  await stage.pause(Math.max(0, sinceMs + seconds * 1000 - performance.now()));
  return { fromMs: sinceMs - LATE_MS, toMs: performance.now() };
}
