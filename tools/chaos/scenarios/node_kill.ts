import { atMost, exactly, type Finding, only } from "../finding.ts";
import { gapsOf, longestOf, p95Seconds } from "../gaps.ts";
import { sumMetric } from "../../metrics_text.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds, watch } from "../steady.ts";
import { transcriptFindings } from "../transcripts.ts";

const MOST_GAP_S = 1.5;

/** A node dies without a word; its calls go on at the others. */
export const NODE_KILL: Scenario = {
  name: "node-kill",
  what: "kill −9 of one node",
  size: { calls: 60, nodes: 3, seconds: 10 },
  shards: 1,
  run,
};

async function run(
  stage: Stage,
  { seconds }: ScenarioOptions,
): Promise<Finding[]> {
  const steady = await steadyGapSeconds(stage);
  const [victim, ...others] = stage.nodes;
  const text = await victim.metrics();
  const carried = sumMetric(text, "vapi_active_calls");
  const sinceMs = stage.mark(`kill −9 ${victim.name}`);
  await victim.kill();
  const stretch = await watch(stage, { sinceMs, seconds });
  const resumed = await Promise.all(others.map(async (node) =>
    sumMetric(
      await node.metrics(),
      "vapi_calls_resumed_total",
      'after="node"',
    )
  ));
  const gaps = gapsOf(stage.callers, stretch);
  return [
    only("calls that it carried", carried),
    exactly(
      "calls that others took over",
      resumed.reduce((sum, count) => sum + count, 0),
      carried,
    ),
    only("gap p95 before", steady, "s"),
    atMost("gap p95", p95Seconds(longestOf(gaps, carried)), {
      most: MOST_GAP_S,
      unit: "s",
    }),
    ...await transcriptFindings(stage, sinceMs),
  ];
}
