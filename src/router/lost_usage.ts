import type { SessionSummary, SupplierUsage } from "../shard/protocol.ts";
import type { AudioLegCounts } from "./audio_leg.ts";

/**
 * What a session whose shard was lost has done, as far as the leg tells: the
 * frames that went each way in its time. Tokens are lost with it.
 */
export function estimateUsage(
  supplier: string,
  { before, after, frameMs }: {
    readonly before?: AudioLegCounts;
    readonly after?: AudioLegCounts;
    readonly frameMs: number;
  },
): SupplierUsage {
  const grown = (key: "uplinkFrames" | "downlinkFrames") =>
    ((after?.[key] ?? 0) - (before?.[key] ?? 0)) * frameMs;
  return {
    supplier,
    uplinkMs: grown("uplinkFrames"),
    downlinkMs: grown("downlinkFrames"),
    inputTokens: 0,
    outputTokens: 0,
  };
}

/** A summary with what lost sessions have done; undefined when there is neither. */
export function addUsage(
  summary: SessionSummary | undefined,
  lost: readonly SupplierUsage[],
): SessionSummary | undefined {
  if (lost.length === 0) return summary;
  const { usage, ...rest } = summary ??
    { turns: 0, bargeIns: 0, heardMs: 0, usage: [] };
  return { ...rest, usage: [...lost, ...usage] };
}
