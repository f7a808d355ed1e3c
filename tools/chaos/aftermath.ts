import { sumMetric } from "../metrics_text.ts";
import { type EventVerdict, judgeEvents, readEvents } from "./call_events.ts";
import { atMost, exactly, type Finding, missing, none } from "./finding.ts";
import type { Stage } from "./stage.ts";

const SETTLE_MS = 15_000;
/** Longer than a lease, the grace after it, and the pause between two sweeps. */
const SWEEP_MS = 75_000;
/** The set of the leases of all live calls. */
const LEASES = "vapi:live";
/** Connections to Redis and of whoever reads the metrics. */
const MOST_FILES = 6;

/** Hangs every caller up and tells what is left where nothing may be. */
export async function aftermath(stage: Stage): Promise<Finding[]> {
  const hungUp = stage.callers.filter(({ wasHungUp }) => wasHungUp);
  stage.options.tell("hanging up");
  for (const caller of stage.callers) caller.hangUp();
  await Promise.all(stage.callers.map(({ call }) => call.ended));
  return [
    none(
      "calls that were hung up",
      hungUp.map(({ outcome }) => outcome?.cause ?? ""),
    ),
    none(
      "misuses of FreeSWITCH",
      stage.machine.violations.map(({ what }) => what),
    ),
    exactly("places still taken", await rest(stage, placesTaken), 0),
    exactly("model sessions still open", await rest(stage, openSessions), 0),
    ...await storeFindings(stage),
    atMost("files and sockets left open by a node", await gained(stage), {
      most: MOST_FILES,
    }),
  ];
}

/** The most that any node has gained. */
async function gained({ runningNodes }: Stage): Promise<number> {
  const counts = await Promise.all(
    runningNodes.map((node) => node.filesGained()),
  );
  return Math.max(0, ...counts);
}

/** A count once it has come down to 0, or what it is when it does not. */
async function rest(
  stage: Stage,
  count: (stage: Stage) => Promise<number>,
): Promise<number> {
  await stage.becomes(async () => await count(stage) === 0, SETTLE_MS);
  return await count(stage);
}

async function placesTaken({ runningNodes }: Stage): Promise<number> {
  const texts = await Promise.all(runningNodes.map((node) => node.metrics()));
  return texts.reduce(
    (sum, text) => sum + sumMetric(text, "vapi_active_calls"),
    0,
  );
}

async function openSessions({ model, spare }: Stage): Promise<number> {
  return await model.open() + (await spare?.open() ?? 0);
}

async function storeFindings(stage: Stage): Promise<Finding[]> {
  const calls = stage.callers.map(({ call, outcome }) => ({
    callId: call.uuid,
    answered: outcome?.answered === true,
  }));
  const verdict = async () => judgeEvents(await readEvents(stage.redis), calls);
  const first = await verdict();
  if (first.entries === 0) {
    return [missing("events in Redis", "the stream vapi:events is empty")];
  }
  const leases = () => stage.redis.ask<number>("ZCARD", LEASES);
  stage.options.tell("waiting until every call's end is written");
  await stage.becomes(
    async () => (await verdict()).unended.length === 0 && await leases() === 0,
    SWEEP_MS,
  );
  return [
    ...eventFindings(await verdict()),
    exactly("leases left in Redis", await leases(), 0),
  ];
}

function eventFindings(verdict: EventVerdict): Finding[] {
  return [
    none("calls without an ended event", verdict.unended),
    none("calls with several ended events", verdict.endedAgain),
    exactly("events lost", verdict.lost, 0),
    exactly("events out of order", verdict.disordered, 0),
  ];
}
