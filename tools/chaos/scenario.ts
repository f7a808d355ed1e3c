import type { Finding } from "./finding.ts";
import type { Stage } from "./stage.ts";

/** How a scenario is run. */
export interface ScenarioOptions {
  readonly calls: number;
  readonly nodes: number;
  readonly seed: number;
  /** How long it is watched, or how long the fault lasts. */
  readonly seconds: number;
  readonly faults: number;
}

/** One thing that goes wrong, and what must not come of it. */
export interface Scenario {
  readonly name: string;
  readonly what: string;
  /** Its size unless the operator says otherwise. */
  readonly size: Pick<ScenarioOptions, "calls" | "nodes" | "seconds">;
  readonly shards: number;
  /** Whether a second supplier stands by. */
  readonly spare?: boolean;
  /** Whether shards are to be killed. */
  readonly debug?: boolean;
  /** Lets it happen to calls that are up, and measures. */
  readonly run: (stage: Stage, options: ScenarioOptions) => Promise<Finding[]>;
}
