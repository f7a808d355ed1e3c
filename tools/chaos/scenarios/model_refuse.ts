import { atMost, exactly, type Finding, only } from "../finding.ts";
import { gapsOf, p95Seconds } from "../gaps.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds, watch } from "../steady.ts";

const MOST_GAP_S = 3;

/** The supplier lets nobody in any more; the next one goes on. */
export const MODEL_REFUSE: Scenario = {
  name: "model-refuse",
  what: "the supplier refuses for good",
  size: { calls: 100, nodes: 1, seconds: 12 },
  shards: 2,
  spare: true,
  run,
};

async function run(
  stage: Stage,
  { seconds }: ScenarioOptions,
): Promise<Finding[]> {
  const steady = await steadyGapSeconds(stage);
  const sinceMs = stage.mark("the supplier refuses with 402");
  await stage.model.apply("refuse 402");
  await stage.model.apply("cut");
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
