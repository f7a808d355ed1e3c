import { atMost, exactly, type Finding, only } from "../finding.ts";
import { gapsOf, p95Seconds } from "../gaps.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds, watch } from "../steady.ts";

/** An answer may stand still for four seconds; the next supplier's comes after that. */
const MOST_GAP_S = 6;

/** The supplier's models go silent in the middle of a word, and it goes on answering pings; the next one goes on. */
export const MODEL_MUTE: Scenario = {
  name: "model-mute",
  what: "all models go mute, and their supplier answers pings",
  size: { calls: 100, nodes: 1, seconds: 15 },
  shards: 2,
  spare: true,
  run,
};

async function run(
  stage: Stage,
  { seconds }: ScenarioOptions,
): Promise<Finding[]> {
  const steady = await steadyGapSeconds(stage);
  const sinceMs = stage.mark("all models go mute");
  await stage.model.apply("mute on");
  const stretch = await watch(stage, { sinceMs, seconds });
  const spare = await stage.spare!.open();
  return [
    only("gap p95 before", steady, "s"),
    atMost("gap p95", p95Seconds(gapsOf(stage.callers, stretch)), {
      most: MOST_GAP_S,
      unit: "s",
    }),
    exactly(
      "calls that the next supplier does not carry",
      stage.callers.length - spare,
      0,
    ),
  ];
}
