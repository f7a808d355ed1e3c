/**
 * Whether a shard that stands still delays the calls of another one: the real
 * server with two shards carries calls, and a debugger's stop halts the thread
 * of one of them for a while, again and again. Prints how late the speech of
 * the other shard's calls is in these times and between them. Linux, as root.
 *
 *   deno run --unstable-net --allow-all bench/stopped_shard.ts [CALLS] [STOP_MS] [STOPS]
 */
import {
  joinDelays,
  shiftCaller,
  shiftSession,
} from "../tools/capacity/delays.ts";
import { placeAll } from "../tools/capacity/placing.ts";
import { runShell } from "../tools/capacity/process_usage.ts";
import { askAll } from "../tools/capacity/program.ts";
import { openStage, pause, type Stage } from "../tools/capacity/stage.ts";
import { quantilesOf } from "../tools/capacity/statistics.ts";
import type {
  CallerMarks,
  HungUp,
  SessionMarks,
} from "../tools/capacity/wire.ts";
import { sumMetric } from "../tools/metrics_text.ts";
import { stopThread } from "./stop_thread.ts";

type Span = readonly [fromMs: number, toMs: number];

const [calls = 60, stopMs = 2000, stops = 8] = Deno.args.map(Number);
const SHARDS = 2;
const LOAD = { profile: "duplex", rateHz: 8000 } as const;
/** Sessions that begin to speak one after another all do by then. */
const SETTLE_MS = 7000;
/** Between two stops: the stopped shard's calls have caught up by the half of it. */
const REST_MS = 3000;
/** What was said in a stop has arrived by then. */
const ON_THE_WAY_MS = 1000;
/** A frame that is so late was in the stopped shard. */
const STOPPED_MS = Math.min(300, stopMs / 2);

const out = Deno.makeTempDirSync();
const stage = await openStage({
  shards: SHARDS,
  maxConnections: calls,
  line: "telephone",
  profile: LOAD.profile,
  callerProcesses: 1,
  modelProcesses: 1,
  resampler: "polyphase",
  out,
  spread: true,
  // Otherwise the shard would be replaced, and its calls' delays be those of others.
  settings: { SHARD_TIMEOUT_MS: String(10 * stopMs) },
});
try {
  await placeAll(stage, { ...LOAD, calls, perSecond: 50 });
  await pause(SETTLE_MS);
  const [stopped, between] = await stopOneShard(stage);
  await pause(ON_THE_WAY_MS);
  const { callers, sessions } = await readMarks(stage);
  const { same, other } = divide({ callers, sessions }, stopped);
  console.log(
    `${calls} calls on ${SHARDS} shards, ${stops} stops of ${stopMs} ms of one shard's thread`,
  );
  console.log(
    `calls of the stopped shard ${same.length}, of the other ${other.length}; by the server ${await shardCalls(
      stage,
    )}`,
  );
  const rows: [string, CallerMarks[], Span[]][] = [
    ["other shard, between the stops", other, between],
    ["other shard, during the stops", other, stopped],
    ["stopped shard, during the stops", same, stopped],
  ];
  console.log(
    `${
      "ms".padEnd(33)
    }uplink p50   p99   max     n | downlink p50   p99   max     n`,
  );
  for (const [name, those, spans] of rows) {
    console.log(name.padEnd(33) + describe(those, { sessions, spans }));
  }
  await askAll<HungUp>(stage.callers, "hangUp");
} finally {
  await stage.close();
  Deno.removeSync(out, { recursive: true });
}
Deno.exit(0);

async function stopOneShard(stage: Stage): Promise<[Span[], Span[]]> {
  const [stopped, between]: [Span[], Span[]] = [[], []];
  for (let i = 0; i < stops; i++) {
    const threadId = await shardThread(stage.server.pid);
    const stopAt = performance.now();
    await stopThread(threadId, stopMs);
    const endAt = performance.now();
    stopped.push([stopAt, endAt]);
    await pause(REST_MS);
    between.push([endAt + REST_MS / 2, performance.now()]);
  }
  return [stopped, between];
}

/** The newest thread of the first shard, by the name that the server gives it. */
async function shardThread(pid: number): Promise<number> {
  const text = await runShell(
    `cd /proc/$0/task && for t in *; do echo "$t $(cat $t/comm)"; done`,
    String(pid),
  );
  const ids = text.split("\n").flatMap((line) =>
    line.endsWith(" shard-0") ? [parseInt(line)] : []
  );
  if (ids.length > 0) return Math.max(...ids);
  throw new Error(`No shard among the threads:\n${text}`);
}

async function readMarks({ callers, models }: Stage) {
  const shifted = await Promise.all([
    Promise.all(
      callers.map(async (program) =>
        (await program.ask<CallerMarks[]>("marks"))
          .map((marks) => shiftCaller(marks, program.clockOffsetMs))
      ),
    ),
    Promise.all(
      models.map(async (program) =>
        (await program.ask<SessionMarks[]>("marks"))
          .map((marks) => shiftSession(marks, program.clockOffsetMs))
      ),
    ),
  ]);
  return { callers: shifted[0].flat(), sessions: shifted[1].flat() };
}

/** Divides the calls by whether their speech stood still in the stops; the numbers of both must be the server's. */
function divide(
  { callers, sessions }: {
    readonly callers: readonly CallerMarks[];
    readonly sessions: readonly SessionMarks[];
  },
  stopped: readonly Span[],
) {
  const early = stopped.map((
    [from, to],
  ): Span => [from, to - STOPPED_MS * 1.2]);
  const isStopped = (caller: CallerMarks) =>
    early.some(([fromMs, toMs]) =>
      joinDelays({ callers: [caller], sessions, fromMs, toMs }).uplink
        .some((ms) => ms > STOPPED_MS)
    );
  return {
    same: callers.filter(isStopped),
    other: callers.filter((caller) => !isStopped(caller)),
  };
}

async function shardCalls({ server }: Stage): Promise<string> {
  const metrics = await server.metrics();
  return Array.from(
    { length: SHARDS },
    (_, shard) => sumMetric(metrics, "vapi_shard_calls", `shard="${shard}"`),
  ).join(" and ");
}

function describe(
  callers: readonly CallerMarks[],
  { sessions, spans }: {
    readonly sessions: readonly SessionMarks[];
    readonly spans: readonly Span[];
  },
): string {
  const all = spans.map(([fromMs, toMs]) =>
    joinDelays({ callers, sessions, fromMs, toMs })
  );
  return [all.flatMap((d) => d.uplink), all.flatMap((d) => d.downlink)]
    .map((delays) => {
      const { p50, p99, max, count } = quantilesOf(delays);
      return [p50, p99, max].map((ms) => ms.toFixed(1).padStart(7)).join("") +
        String(count).padStart(6);
    }).join("  | ");
}
