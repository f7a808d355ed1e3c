import { atMost, type Finding, missing, only } from "../finding.ts";
import { killThread } from "../kill_thread.ts";
import { gapsOf, p95Seconds, p99Seconds } from "../gaps.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds, watch } from "../steady.ts";

const MOST_GAP_S = 1;
/** What the others may lose: two frames more than before. */
const TOLERANCE_S = 0.04;

/** One worker thread of a node dies; the others must not notice. */
export const SHARD_KILL: Scenario = {
  name: "shard-kill",
  what: "one shard of a node killed",
  size: { calls: 100, nodes: 1, seconds: 10 },
  shards: 2,
  debug: true,
  run,
};

async function run(
  stage: Stage,
  { seconds }: ScenarioOptions,
): Promise<Finding[]> {
  const fromMs = performance.now();
  await steadyGapSeconds(stage);
  const before = { fromMs, toMs: performance.now() };
  const [node] = stage.nodes;
  const sinceMs = await killThread(stage, "shard");
  const { toMs } = await watch(stage, { sinceMs, seconds });
  const stretch = { fromMs: sinceMs, toMs };
  const hit = stage.callers.filter(({ call }) => node.shardLost.has(call.uuid));
  const others = stage.callers.filter((caller) => !hit.includes(caller));
  if (hit.length === 0) {
    return [missing("calls of the shard", "no call has lost its shard")];
  }
  const steady = p99Seconds(gapsOf(others, before));
  return [
    only("calls of the shard", hit.length),
    atMost("gap p95 of its calls", p95Seconds(gapsOf(hit, stretch)), {
      most: MOST_GAP_S,
      unit: "s",
    }),
    only("gap p99 of the others before", steady, "s"),
    atMost("gap p99 of the others", p99Seconds(gapsOf(others, stretch)), {
      most: steady + TOLERANCE_S,
      unit: "s",
    }),
  ];
}
