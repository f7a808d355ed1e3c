import type { CellContext } from "./cell.ts";
import { mergeSums } from "./placing.ts";
import { askAll } from "./program.ts";
import { type ProcessUsage, readUsage } from "./process_usage.ts";
import type { Profile } from "./profile.ts";
import { isEmptied, openStage, pause, type Stage } from "./stage.ts";
import { fitLine, type Quantiles, quantilesOf } from "./statistics.ts";
import type { ChurnCalls, Churned } from "./wire.ts";

/** The server after some calls. */
export interface SoakSample {
  readonly calls: number;
  readonly seconds: number;
  readonly memoryBytes: number;
  readonly files: number;
}

/** What many calls in succession left behind. */
export interface SoakResult {
  readonly state: "flat" | "growing" | "failed" | "stopped";
  readonly reasons: readonly string[];
  readonly shards: number;
  readonly calls: number;
  readonly ended: Readonly<Record<string, number>>;
  readonly setupMs: Quantiles;
  /** By the line through the last half of the samples. */
  readonly bytesPerCall: number;
  readonly samples: readonly SoakSample[];
}

const AT_ONCE = 20;
/** The calls are made in so many parts, with a sample behind each. */
const PARTS = 50;
/** Until the server has tidied up behind a part. */
const SAMPLE_AFTER_MS = 300;
const WITHIN_MS = 600_000;
/** A heap that only settles may grow by this in the last half. */
const SLACK_BYTES = 16 * 1024 * 1024;
/** Names of calls may repeat: the calls before are long over. */
const NAMES = 10_000;

/** Makes many short calls, with samples of the server's memory between them. */
export async function runSoak(
  shards: number,
  { options, signal, tell }: CellContext,
): Promise<SoakResult> {
  const { soak: total, line, rateHz, resampler, out } = options;
  const profile = "duplex";
  const stage = await openStage({
    shards,
    maxConnections: 2 * AT_ONCE,
    line,
    profile,
    callerProcesses: 1,
    modelProcesses: 1,
    resampler,
    out,
    spread: false,
  });
  const setups: number[] = [];
  const ended: Record<string, number>[] = [];
  const samples: SoakSample[] = [];
  const startedMs = performance.now();
  try {
    const part = Math.max(AT_ONCE, Math.ceil(total / PARTS));
    for (let done = 0; done < total && !signal.aborted;) {
      const calls = Math.min(part, total - done);
      const churned = await churn(stage, { calls, done, profile, rateHz });
      setups.push(...churned.setupMs);
      ended.push(churned.ended);
      done += calls;
      await pause(SAMPLE_AFTER_MS);
      samples.push(sample(await readUsage(stage.server.pid), done, startedMs));
      tell(describe(samples.at(-1)!, total));
    }
    const emptied = await isEmptied(stage.server);
    return judgeSoak({
      shards,
      total,
      samples,
      ended: mergeSums(ended),
      setupMs: quantilesOf(setups),
      emptied,
    });
  } finally {
    await stage.close();
  }
}

/** Says whether the last half of the samples lies on a level line, and what else went wrong. */
export function judgeSoak(soak: {
  readonly shards: number;
  readonly total: number;
  readonly samples: readonly SoakSample[];
  readonly ended: Readonly<Record<string, number>>;
  readonly setupMs: Quantiles;
  readonly emptied: boolean;
}): SoakResult {
  const { shards, total, samples, ended, setupMs, emptied } = soak;
  const half = samples.slice(Math.floor(samples.length / 2));
  const { slope } = fitLine(half.map((s) => [s.calls, s.memoryBytes]));
  const last = half.at(-1);
  const span = half.length === 0 ? 0 : last!.calls - half[0].calls;
  const grownBytes = slope * span;
  const bad = Object.entries(ended).filter(([c]) => c !== "NORMAL_CLEARING");
  const failures = [
    ...bad.map(([cause, n]) => `${n} calls ended with ${cause}`),
    ...emptied ? [] : ["the server kept calls that had been hung up"],
  ];
  const growing = grownBytes > SLACK_BYTES;
  const mebibytes = (grownBytes / 1024 / 1024).toFixed(1);
  return {
    state: failures.length > 0
      ? "failed"
      : (last?.calls ?? 0) < total
      ? "stopped"
      : growing
      ? "growing"
      : "flat",
    reasons: [
      ...failures,
      ...growing ? [`memory grew by ${mebibytes} MiB in the last half`] : [],
    ],
    shards,
    calls: last?.calls ?? 0,
    ended,
    setupMs,
    bytesPerCall: slope,
    samples,
  };
}

async function churn(
  { callers: [program], models, entry }: Stage,
  { calls, done, profile, rateHz }: {
    readonly calls: number;
    readonly done: number;
    readonly profile: Profile;
    readonly rateHz: number;
  },
): Promise<Churned> {
  const given: ChurnCalls = {
    ...entry,
    calls,
    firstName: done % NAMES,
    perSecond: 0,
    profile,
    rateHz,
    atOnce: Math.min(AT_ONCE, calls),
  };
  const churned = await program.ask<Churned>("churn", given, WITHIN_MS);
  // What the model knows of calls that are over would only grow.
  await askAll(models, "forget");
  return churned;
}

function sample(
  usage: ProcessUsage,
  calls: number,
  startedMs: number,
): SoakSample {
  const { memoryBytes, files } = usage;
  const seconds = (performance.now() - startedMs) / 1000;
  return { calls, seconds, memoryBytes, files };
}

function describe({ calls, seconds, memoryBytes }: SoakSample, total: number) {
  const mebibytes = Math.round(memoryBytes / 1024 / 1024);
  const rate = Math.round(calls / seconds);
  return `${calls} of ${total} calls, ${rate} a second, ${mebibytes} MiB`;
}
