import type { Bandwidth } from "./bandwidth.ts";
import type { CostRow } from "./cost.ts";
import type { MonthlyItem } from "./infrastructure.ts";
import type { Load } from "./load.ts";
import type { Machines } from "./machines.ts";
import type { MeasuredCost } from "./measured_cost.ts";
import type { PlanOptions } from "./options.ts";

/** What a plan is made of, in figures. */
export interface SizingFigures {
  readonly options: PlanOptions;
  readonly measured: MeasuredCost;
  readonly load: Load;
  readonly machines: Machines;
  readonly bandwidth: Bandwidth;
  readonly costs: readonly CostRow[];
  readonly infrastructure: readonly MonthlyItem[];
}

/** Everything that a plan says. */
export interface Sizing extends SizingFigures {
  /** What to know of these figures, a sentence each. */
  readonly remarks: readonly string[];
}
