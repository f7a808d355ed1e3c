import { sumMetric } from "../../metrics_text.ts";
import { atMost, exactly, type Finding, only } from "../finding.ts";
import { gapsOf, longestOf, p95Seconds } from "../gaps.ts";
import type { Scenario } from "../scenario.ts";
import type { Stage } from "../stage.ts";
import { steadyGapSeconds } from "../steady.ts";

const MOST_GAP_S = 0.7;
const STOP_MS = 20_000;
const BACK_MS = 15_000;

/** Every node is stopped and started in turn, as for a new version. */
export const ROLLING: Scenario = {
  name: "rolling",
  what: "rolling restart of all nodes by SIGTERM",
  size: { calls: 60, nodes: 3, seconds: 2 },
  shards: 1,
  run,
};

async function run(
  stage: Stage,
  { seconds }: { readonly seconds: number },
): Promise<Finding[]> {
  const steady = await steadyGapSeconds(stage);
  const gaps: number[] = [];
  let handedOver = 0;
  let unclean = 0;
  for (const node of stage.nodes) {
    const carried = sumMetric(await node.metrics(), "vapi_active_calls");
    handedOver += carried;
    const fromMs = stage.mark(`SIGTERM ${node.name}`);
    if (await node.stop(STOP_MS) !== 0) unclean++;
    await node.start();
    await stage.becomes(
      () => stage.talking.every((caller) => caller.hears(200)),
      BACK_MS,
    );
    await stage.pause(seconds * 1000);
    const stretch = { fromMs, toMs: performance.now() };
    gaps.push(...longestOf(gapsOf(stage.callers, stretch), carried));
  }
  return [
    only("calls handed over", handedOver),
    only("gap p95 before", steady, "s"),
    atMost("gap p95 over all restarts", p95Seconds(gaps), {
      most: MOST_GAP_S,
      unit: "s",
    }),
    exactly("nodes that did not stop with 0", unclean, 0),
  ];
}
