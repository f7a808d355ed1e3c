import type { Scenario } from "./scenario.ts";
import { MEDIA_KILL } from "./scenarios/media_kill.ts";
import { MODEL_CUT } from "./scenarios/model_cut.ts";
import { MODEL_MUTE } from "./scenarios/model_mute.ts";
import { MODEL_REFUSE } from "./scenarios/model_refuse.ts";
import { NODE_KILL } from "./scenarios/node_kill.ts";
import { REDIS_STOP } from "./scenarios/redis_stop.ts";
import { ROLLING } from "./scenarios/rolling.ts";
import { SHARD_KILL } from "./scenarios/shard_kill.ts";
import { STORM } from "./scenarios/storm.ts";

/** All scenarios, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  MODEL_CUT,
  MODEL_REFUSE,
  MODEL_MUTE,
  SHARD_KILL,
  MEDIA_KILL,
  NODE_KILL,
  ROLLING,
  REDIS_STOP,
  STORM,
];
