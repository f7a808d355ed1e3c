import type { PriceTable } from "../../src/config/prices.ts";
import { findBandwidth } from "./bandwidth.ts";
import { findCosts } from "./cost.ts";
import { INFRASTRUCTURE } from "./infrastructure.ts";
import { findLoad } from "./load.ts";
import { findMachines } from "./machines.ts";
import type { MeasuredCost } from "./measured_cost.ts";
import type { PlanOptions } from "./options.ts";
import { findRemarks } from "./remarks.ts";
import type { Sizing } from "./sizing.ts";

/** Makes a plan. Throws RangeError when the load is beyond any installation. */
export function makeSizing(
  options: PlanOptions,
  { measured, prices }: {
    readonly measured: MeasuredCost;
    readonly prices?: PriceTable;
  },
): Sizing {
  const load = findLoad(options);
  const figures = {
    options,
    measured,
    load,
    machines: findMachines(load, { options, cost: measured }),
    bandwidth: findBandwidth(load, options),
    costs: findCosts(options, prices),
    infrastructure: INFRASTRUCTURE,
  };
  return { ...figures, remarks: findRemarks(figures) };
}
