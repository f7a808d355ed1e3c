import { ConfigurationError } from "../../src/errors.ts";
import type { DeployState } from "./release_store.ts";
import type { Canary, Target } from "./target.ts";

/** The canary, and two for the calls of the others. */
const LEAST_NODES = 3;

/** The canary of a share of the new calls: always the same node, so that another share needs no other one. Throws ConfigurationError where one makes no sense. */
export async function chooseCanary(
  percent: number,
  { target, before }: {
    readonly target: Target;
    readonly before: DeployState;
  },
): Promise<Canary> {
  const nodes = await target.nodes();
  if (nodes.length < LEAST_NODES) {
    throw new ConfigurationError([
      `a canary needs ${LEAST_NODES} nodes, got ${nodes.length}: it leaves the lists of the other calls, and those need a second node to survive their first`,
    ]);
  }
  if (before.current === undefined) {
    throw new ConfigurationError([
      "a canary needs a release beside it, and nothing was deployed here yet. Deploy without --canary",
    ]);
  }
  return { node: nodes[0], percent };
}
