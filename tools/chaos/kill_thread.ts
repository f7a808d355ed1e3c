import type { Stage } from "./stage.ts";
import type { ThreadKind } from "./thread_aim.ts";

const BACK_MS = 10_000;
const SETTLE_MS = 1000;

/** Kills a thread of the first node once the search for it is forgotten, and gives when. */
export async function killThread(
  stage: Stage,
  kind: ThreadKind,
): Promise<number> {
  const [node] = stage.nodes;
  const aim = await node.aimAtThreads();
  await stage.allHear("everybody is heard after the search", BACK_MS);
  await stage.pause(SETTLE_MS);
  const sinceMs = stage.mark(`a ${kind} thread of ${node.name} killed`);
  await aim.fire(kind);
  await aim.close();
  return sinceMs;
}
