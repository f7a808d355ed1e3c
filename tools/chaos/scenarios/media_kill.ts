import { atMost, type Finding } from "../finding.ts";
import { killThread } from "../kill_thread.ts";
import { gapsOf, p95Seconds } from "../gaps.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds, watch } from "../steady.ts";

const MOST_GAP_S = 1;

/** The thread through which all datagrams of a node pass dies; its calls go on with the next one. */
export const MEDIA_KILL: Scenario = {
  name: "media-kill",
  what: "the media thread of a node killed",
  size: { calls: 100, nodes: 1, seconds: 10 },
  shards: 2,
  debug: true,
  run,
};

async function run(
  stage: Stage,
  { seconds }: ScenarioOptions,
): Promise<Finding[]> {
  await steadyGapSeconds(stage);
  const sinceMs = await killThread(stage, "media");
  const { toMs } = await watch(stage, { sinceMs, seconds });
  const gaps = gapsOf(stage.callers, { fromMs: sinceMs, toMs });
  return [
    atMost("gap p95", p95Seconds(gaps), { most: MOST_GAP_S, unit: "s" }),
  ];
}
