import type { CellResult } from "./cell_result.ts";
import type { OverloadResult } from "./overload.ts";
import type { SoakResult } from "./soak.ts";

/** An overload as a sentence. */
export function describeOverload(overload: OverloadResult): string {
  const { state, shards, limit, placed, reasons } = overload;
  const what = reasons.length > 0
    ? reasons.join("; ")
    : `${limit} were answered, ${placed - limit} refused, nobody suffered`;
  return `${shards} shard(s), ${placed} calls at a limit of ${limit}: ${state} (${what}).`;
}

/** A soak as a sentence. */
export function describeSoak(soak: SoakResult): string {
  const { calls, state, bytesPerCall, reasons, setupMs } = soak;
  const why = reasons.length > 0 ? ` (${reasons.join("; ")})` : "";
  const setup = setupMs.count > 0 ? setupMs.p99.toFixed(0) : "–";
  return `${calls} calls in succession: ${state}${why}, ${
    bytesPerCall.toFixed(0)
  } bytes a call over the last half, set-up p99 ${setup} ms.`;
}

/** What is to be said of a cell; nothing when it met the limits. */
export function describeCell(cell: CellResult): string[] {
  const { shards, calls, state, reasons } = cell;
  if (reasons.length === 0) return [];
  return [`${shards} shard(s), ${calls} calls ${state}: ${reasons.join("; ")}`];
}
