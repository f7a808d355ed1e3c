import { loseSupplier } from "../next_supplier.ts";
import type { Scenario } from "../scenario.ts";

const MOST_GAP_S = 3;

/** The supplier lets nobody in any more; the next one goes on. */
export const MODEL_REFUSE: Scenario = {
  name: "model-refuse",
  what: "the supplier refuses for good",
  size: { calls: 100, nodes: 1, seconds: 12 },
  shards: 2,
  spare: true,
  run: (stage, { seconds }) =>
    loseSupplier(stage, {
      mark: "the supplier refuses with 402",
      faults: ["refuse 402", "cut"],
      seconds,
      mostGapS: MOST_GAP_S,
    }),
};
