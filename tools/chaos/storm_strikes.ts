import type { ChaosNode } from "./node.ts";
import type { Stage } from "./stage.ts";
import type { StormFault } from "./storm_plan.ts";
import type { ThreadKind } from "./thread_aim.ts";

/** Lets one fault strike and takes it back; false when nothing was there to be struck. */
type Strike = (stage: Stage, fault: StormFault) => Promise<boolean>;

const STOP_MS = 20_000;
/** Each closed session ends so; RFC 6455 calls it an internal error. */
const CLOSE_CODE = 1011;

const STRIKES: Readonly<Record<StormFault["kind"], Strike>> = {
  "model cut": atModel(["cut"]),
  "model closed": atModel([`close ${CLOSE_CODE}`]),
  "model stalled": atModel(["stall on", "stall off"]),
  "model refuses": atModel(["refuse 503", "refuse off"]),
  "model hangs": atModel(["hang on", "hang off"]),
  "model slow": atModel(["slow 400", "slow off"]),
  "model's sessions expire": atModel(["limit 2000", "limit off"]),
  "event socket cut": (stage, fault) => {
    const caller = choose(stage.talking, fault);
    caller?.call.cutConnection();
    return Promise.resolve(caller !== undefined);
  },
  "caller hangs up and another calls": (stage, fault) => {
    const caller = choose(stage.talking, fault);
    caller?.hangUp();
    if (caller !== undefined) stage.placeCall(Number(caller.name.slice(7)));
    return Promise.resolve(caller !== undefined);
  },
  "shard killed": killThread("shard"),
  "media thread killed": killThread("media"),
  "Redis stalled": async (stage, { lastsMs }) => {
    stage.redis.pause();
    try {
      await stage.pause(lastsMs);
    } finally {
      stage.redis.resume();
    }
    return true;
  },
  "node killed": (stage, fault) => replace(stage, fault, (node) => node.kill()),
  "node stopped": (stage, fault) =>
    replace(stage, fault, async (node) => void await node.stop(STOP_MS)),
};

/** Lets a fault strike; resolves when all is as before, with whether anything was there to be struck. */
export function strike(stage: Stage, fault: StormFault): Promise<boolean> {
  return STRIKES[fault.kind](stage, fault);
}

function killThread(kind: ThreadKind): Strike {
  return async (stage, fault) => {
    const node = choose(stage.runningNodes, fault);
    if (node === undefined) return false;
    const aim = await node.aimAtThreads();
    try {
      await aim.fire(kind, Math.floor(fault.which * 97));
      return true;
    } catch {
      // It has just died, and the next one is being started.
      return false;
    } finally {
      await aim.close();
    }
  };
}

function atModel([on, off]: readonly [on: string, off?: string]): Strike {
  return async (stage, { lastsMs }) => {
    await stage.model.apply(on);
    if (off === undefined) return true;
    try {
      await stage.pause(lastsMs);
    } finally {
      await stage.model.apply(off);
    }
    return true;
  };
}

/** Ends a node and starts it again; one node is always left. */
async function replace(
  stage: Stage,
  fault: StormFault,
  end: (node: ChaosNode) => Promise<void>,
): Promise<boolean> {
  const { runningNodes } = stage;
  const node = choose(runningNodes, fault);
  if (node === undefined || runningNodes.length < 2) return false;
  await end(node);
  await node.start();
  return true;
}

function choose<T>(
  list: readonly T[],
  { which }: StormFault,
): T | undefined {
  return list[Math.floor(which * list.length)];
}
