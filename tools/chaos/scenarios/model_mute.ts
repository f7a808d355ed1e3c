import { loseSupplier } from "../next_supplier.ts";
import type { Scenario } from "../scenario.ts";

/** An answer may stand still for four seconds; the next supplier's comes after that. */
const MOST_GAP_S = 6;

/** The supplier's models go silent in the middle of a word, and it goes on answering pings; the next one goes on. */
export const MODEL_MUTE: Scenario = {
  name: "model-mute",
  what: "all models go mute, and their supplier answers pings",
  size: { calls: 100, nodes: 1, seconds: 15 },
  shards: 2,
  spare: true,
  run: (stage, { seconds }) =>
    loseSupplier(stage, {
      mark: "all models go mute",
      faults: ["mute on"],
      seconds,
      mostGapS: MOST_GAP_S,
    }),
};
