import type { CellResult } from "./cell_result.ts";
import { judgeCell } from "./judge.ts";
import { carryLoad } from "./load.ts";
import type { CapacityOptions } from "./options.ts";
import { openStage, pause } from "./stage.ts";

/** One cell of the sweep. */
export interface Cell {
  readonly shards: number;
  readonly calls: number;
}

/** What a cell needs beside the options of the whole run. */
export interface CellContext {
  readonly options: CapacityOptions;
  readonly signal: AbortSignal;
  readonly tell: (what: string) => void;
}

/** Places that a call which has just ended may still hold. */
const SPARE_PLACES = 10;
/** Between two loads of one server. */
const AGAIN_AFTER_MS = 2000;

/** Processes for the callers, or for the model, of so many calls: one carries about a thousand well. */
export function processesFor(
  calls: number,
  wanted: number | undefined,
): number {
  return wanted ?? Math.min(8, Math.ceil(calls / 1000));
}

/** Measures a cell, twice with `again`; what breaks becomes a result too, unless the run is aborted. */
export async function runCell(
  cell: Cell,
  context: CellContext,
): Promise<CellResult[]> {
  const { options, signal, tell } = context;
  const { profile, rateHz } = options;
  const results: CellResult[] = [];
  const place = { ...cell, profile, rateHz };
  const rounds = options.again ? 2 : 1;
  try {
    await using stage = await openStageFor(cell, options);
    for (let round = 1; round <= rounds; round++) {
      if (round > 1) await pause(AGAIN_AFTER_MS, signal);
      const { setupsPerSecond: perSecond, seconds } = options;
      const load = { ...place, perSecond, seconds, signal, tell };
      const measured = await carryLoad(stage, load);
      const { setupsPerSecond } = options;
      results.push(judgeCell({ ...place, round, setupsPerSecond }, measured));
    }
  } catch (error) {
    signal.throwIfAborted();
    const reasons = [error instanceof Error ? error.message : `${error}`];
    const round = results.length + 1;
    results.push({ ...place, round, state: "broken", reasons });
  }
  return results;
}

async function openStageFor(cell: Cell, options: CapacityOptions) {
  const { line, profile, resampler, out, callers, models } = options;
  const stage = await openStage({
    shards: cell.shards,
    maxConnections: cell.calls + SPARE_PLACES,
    line,
    profile,
    callerProcesses: processesFor(cell.calls, callers),
    modelProcesses: processesFor(cell.calls, models),
    resampler,
    out,
    spread: true,
  });
  return { ...stage, [Symbol.asyncDispose]: stage.close };
}
