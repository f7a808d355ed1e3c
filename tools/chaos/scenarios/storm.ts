import { atMost, exactly, type Finding, only } from "../finding.ts";
import type { Scenario, ScenarioOptions } from "../scenario.ts";
import { seededRandom } from "../seeded_random.ts";
import type { Stage } from "../stage.ts";
import { planStorm, type StormFault } from "../storm_plan.ts";
import { strike } from "../storm_strikes.ts";

/** After the last fault everybody must be heard again within this. */
const RECOVERY_S = 30;
/** Of a storm's faults at most so many find nothing to strike, e.g. a node that is down already. */
const MOST_MISSED_SHARE = 0.1;

/** Faults of all kinds at random times; what is looked for is what they leave behind. */
export const STORM: Scenario = {
  name: "storm",
  what: "faults of all kinds at random times",
  size: { calls: 200, nodes: 3, seconds: 300 },
  shards: 2,
  debug: true,
  run,
};

async function run(
  stage: Stage,
  { seed, faults, seconds }: ScenarioOptions,
): Promise<Finding[]> {
  await stage.placeCalls();
  const plan = planStorm(seededRandom(seed), { faults, seconds });
  const startMs = performance.now();
  const missed = await strikeAll(stage, plan, startMs);
  const endMs = stage.mark("the storm is over");
  const back = await stage.becomes(
    () => stage.talking.every((caller) => caller.hears(200)),
    RECOVERY_S * 1000,
  );
  const silent = stage.talking.filter((caller) => !caller.hears(200)).length;
  return [
    only("faults that struck", plan.length - missed),
    atMost("faults that found nothing to strike", missed, {
      most: Math.ceil(plan.length * MOST_MISSED_SHARE),
    }),
    exactly("callers who hear nothing afterwards", back ? 0 : silent, 0),
    only("until all were heard", (performance.now() - endMs) / 1000, "s"),
  ];
}

/** Lets all faults strike at their times, several at once where they overlap; gives how many found nothing. */
async function strikeAll(
  stage: Stage,
  plan: readonly StormFault[],
  startMs: number,
): Promise<number> {
  const working: Promise<boolean>[] = [];
  for (const fault of plan) {
    const waitMs = startMs + fault.atMs - performance.now();
    if (waitMs > 0) await stage.pause(waitMs);
    stage.mark(fault.kind);
    // A node may die under the hand that strikes it.
    working.push(strike(stage, fault).catch(() => false));
  }
  const struck = await Promise.all(working);
  return struck.filter((hit) => !hit).length;
}
