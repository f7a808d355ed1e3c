import type { Cell, CellContext } from "./cell.ts";
import { processesFor } from "./cell.ts";
import type { Measured } from "./cell_result.ts";
import { carryLoad } from "./load.ts";
import { openStage } from "./stage.ts";

/** So many times the calls that a server may take are placed. */
export const OVERLOAD_FACTOR = 1.5;

/** What a server did with more calls than it may take. */
export interface OverloadResult {
  readonly state: "passed" | "failed" | "broken";
  readonly shards: number;
  readonly limit: number;
  readonly placed: number;
  readonly reasons: readonly string[];
  readonly measured?: Measured;
}

/** Places more calls than the server may take; what breaks becomes a result too, unless the run is aborted. */
export async function runOverload(
  { shards, calls: limit }: Cell,
  { options, signal, tell }: CellContext,
): Promise<OverloadResult> {
  const placed = Math.ceil(limit * OVERLOAD_FACTOR);
  const { line, profile, rateHz, resampler, seconds, out } = options;
  try {
    const stage = await openStage({
      shards,
      maxConnections: limit,
      line,
      profile,
      callerProcesses: processesFor(placed, options.callers),
      modelProcesses: processesFor(limit, options.models),
      resampler,
      out,
      spread: true,
    });
    try {
      const perSecond = options.setupsPerSecond;
      const load = { calls: placed, perSecond, seconds, profile, rateHz };
      const measured = await carryLoad(stage, { ...load, signal, tell });
      const reasons = judgeOverload(measured, { limit, placed });
      const state = reasons.length > 0 ? "failed" : "passed";
      return { state, shards, limit, placed, reasons, measured };
    } finally {
      await stage.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    const reasons = [error instanceof Error ? error.message : `${error}`];
    return { state: "broken", shards, limit, placed, reasons };
  }
}

/** What was wrong: exactly the limit must be answered, all others refused, and nobody who was answered may notice. */
export function judgeOverload(
  measured: Measured,
  { limit, placed }: { readonly limit: number; readonly placed: number },
): string[] {
  const { answered, refused, endedEarly, uplinkFrames, downlinkFrames } =
    measured;
  const refusals = Object.values(refused).reduce((sum, n) => sum + n, 0);
  const early = Object.values(endedEarly).reduce((sum, n) => sum + n, 0);
  const damaged = [uplinkFrames, downlinkFrames].reduce(
    (sum, { lost, doubled, outOfOrder }) => sum + lost + doubled + outOfOrder,
    0,
  );
  const problems: [boolean, string][] = [
    [answered !== limit, `${answered} calls were answered, not ${limit}`],
    [
      refusals !== placed - limit,
      `${refusals} calls were refused, not ${placed - limit}`,
    ],
    [early > 0, `${early} answered calls ended by themselves`],
    [damaged > 0, `${damaged} frames of answered calls were damaged`],
    [
      measured.underrunFrames > 0,
      `${measured.underrunFrames} frames were missing inside answers`,
    ],
  ];
  return problems.filter(([is]) => is).map(([, words]) => words);
}
