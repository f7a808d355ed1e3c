import { sumMetric } from "../../metrics_text.ts";
import { atMost, exactly, type Finding, only } from "../finding.ts";
import { gapsOf, p95Seconds } from "../gaps.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds, watch } from "../steady.ts";

/** Two frames: what two runs of the same differ by. */
const TOLERANCE_S = 0.04;
const BACK_MS = 15_000;

/** Redis is stopped for a while; nobody must hear of it. */
export const REDIS_STOP: Scenario = {
  name: "redis-stop",
  what: "Redis stopped and started again",
  size: { calls: 100, nodes: 1, seconds: 60 },
  shards: 2,
  run,
};

async function run(
  stage: Stage,
  { seconds }: ScenarioOptions,
): Promise<Finding[]> {
  const steady = await steadyGapSeconds(stage);
  const before = await missingFrames(stage);
  const sinceMs = stage.mark("Redis stopped");
  await stage.redis.stop();
  const stretch = await watch(stage, { sinceMs, seconds });
  const after = await missingFrames(stage);
  const noticed = await total(stage, "vapi_store_up") === 0;
  await stage.redis.start();
  stage.mark("Redis started");
  const up = async () =>
    await total(stage, "vapi_store_up") === stage.nodes.length &&
    await total(stage, "vapi_store_waiting_writes") === 0;
  const back = await stage.becomes(up, BACK_MS);
  return [
    only("gap p95 before", steady, "s"),
    atMost(
      "gap p95 while it was away",
      p95Seconds(gapsOf(stage.callers, stretch)),
      { most: steady + TOLERANCE_S, unit: "s" },
    ),
    exactly("frames missing while it was away", after - before, 0),
    exactly("nodes that did not notice", noticed ? 0 : 1, 0),
    exactly("nodes whose writes still wait", back ? 0 : 1, 0),
    exactly(
      "writes dropped",
      await total(stage, "vapi_store_dropped_total"),
      0,
    ),
  ];
}

/** Of both directions: frames of callers without room, and frames that speech had to do without. */
async function missingFrames(stage: Stage): Promise<number> {
  return await total(stage, "vapi_ring_overrun_frames_total") +
    await total(stage, "vapi_playout_underrun_frames_total");
}

async function total({ runningNodes }: Stage, name: string): Promise<number> {
  const texts = await Promise.all(runningNodes.map((node) => node.metrics()));
  return texts.reduce((sum, text) => sum + sumMetric(text, name), 0);
}
