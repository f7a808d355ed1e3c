import { atMost, exactly, type Finding, only } from "../finding.ts";
import { gapsOf, p95Seconds } from "../gaps.ts";
import { forgetful } from "../history.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds, watch } from "../steady.ts";

const MOST_GAP_S = 1.5;
/** The end of an answer that is on its way when the cut comes need not be known. */
const SETTLED_MS = 100;

/** Every connection to the model is cut at once. */
export const MODEL_CUT: Scenario = {
  name: "model-cut",
  what: "all connections to the model cut",
  size: { calls: 100, nodes: 1, seconds: 10 },
  shards: 2,
  run,
};

async function run(
  stage: Stage,
  { seconds }: ScenarioOptions,
): Promise<Finding[]> {
  const steady = await steadyGapSeconds(stage);
  const before = (await stage.model.sessions()).length;
  const sinceMs = stage.mark("all model sessions cut");
  await stage.model.apply("cut");
  const stretch = await watch(stage, { sinceMs, seconds });
  const all = await stage.model.sessions();
  const fresh = all.slice(before);
  return [
    only("gap p95 before", steady, "s"),
    atMost("gap p95", p95Seconds(gapsOf(stage.callers, stretch)), {
      most: MOST_GAP_S,
      unit: "s",
    }),
    exactly(
      "calls without a new session",
      stage.callers.length - new Set(fresh.map(({ persona }) => persona)).size,
      0,
    ),
    exactly(
      "new sessions without the history",
      forgetful(all, sinceMs - SETTLED_MS),
      0,
    ),
  ];
}
