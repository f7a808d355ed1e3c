import { atMost, exactly, type Finding, only } from "./finding.ts";
import { gapsOf, p95Seconds } from "./gaps.ts";
import type { Stage } from "./stage.ts";
import { steadyGapSeconds, watch } from "./steady.ts";

/** How a supplier is lost. */
export interface SupplierLoss {
  /** What is written under the picture. */
  readonly mark: string;
  /** Live faults, in their order. */
  readonly faults: readonly string[];
  readonly seconds: number;
  readonly mostGapS: number;
}

/** Loses the supplier for good, and measures how the next one goes on. */
export async function loseSupplier(
  stage: Stage,
  { mark, faults, seconds, mostGapS }: SupplierLoss,
): Promise<Finding[]> {
  const steady = await steadyGapSeconds(stage);
  const sinceMs = stage.mark(mark);
  for (const fault of faults) await stage.model.apply(fault);
  const stretch = await watch(stage, { sinceMs, seconds });
  const spare = await stage.spare!.open();
  return [
    only("gap p95 before", steady, "s"),
    atMost("gap p95", p95Seconds(gapsOf(stage.callers, stretch)), {
      most: mostGapS,
      unit: "s",
    }),
    exactly(
      "calls that the next supplier does not carry",
      stage.callers.length - spare,
      0,
    ),
  ];
}
