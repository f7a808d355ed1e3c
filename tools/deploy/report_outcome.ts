import type { DeployState } from "./release_store.ts";
import type { RollOutcome } from "./roll.ts";
import type { Canary, Release, Target } from "./target.ts";

const FAILED = 1;
const INTERRUPTED = 130;

/** Says how a deploy ended and how to go on; returns the exit code. */
export function reportOutcome(
  { outcome, release, before, target, canary, state }: {
    readonly outcome: RollOutcome;
    readonly release: Release;
    readonly before: DeployState;
    readonly target: Target;
    readonly canary?: Canary;
    readonly state: DeployState;
  },
): number {
  const old = before.current ?? "nothing";
  const isOn = (id: string) =>
    Object.entries(state.nodes).filter(([, node]) => node.release === id)
      .map(([name]) => name).join(", ") || "no node";
  switch (outcome.ended) {
    case "unchanged":
      console.log(
        `Nothing had to change: all nodes run release ${release.id}.`,
      );
      return 0;
    case "done":
      console.log(`All nodes run release ${release.id}.`);
      for (const hint of target.hints(release)) console.log(`  ${hint}`);
      return 0;
    case "canary":
      console.log(
        `Release ${release.id} runs on ${
          isOn(release.id)
        }; the others run ${old}.`,
      );
      console.log(
        `With its new variables FreeSWITCH gives ${canary?.node} ${canary?.percent} % of the new calls.`,
      );
      for (const hint of target.hints(release)) console.log(`  ${hint}`);
      console.log("Go on: deploy without --canary. Take it back: --rollback.");
      return 0;
    case "stopped":
      console.log(
        `Interrupted. Release ${release.id} runs on ${
          isOn(release.id)
        }; before it: ${old}.`,
      );
      console.log("Go on: deploy again. Take it back: --rollback.");
      return INTERRUPTED;
    case "failed":
      console.log(
        `The deploy stopped at ${outcome.node}. Release ${release.id} runs on ${
          isOn(release.id)
        }; before it: ${old}.`,
      );
      console.log(
        "Put it right and deploy again, or take it back: --rollback.",
      );
      return FAILED;
  }
}
