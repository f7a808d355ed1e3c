import type { Cores } from "./cell_result.ts";
import { addCounts, subtractCounts } from "./frame_counts.ts";
import { type ProcessUsage, readUsage } from "./process_usage.ts";
import { askAll } from "./program.ts";
import type { Stage } from "./stage.ts";
import type { CallerCounts, ModelCounts } from "./wire.ts";

/** Everything that is read at one moment. */
export interface Reading {
  readonly atMs: number;
  /** Of the worst comparison of two processes' clocks. */
  readonly clockErrorMs: number;
  readonly callers: CallerCounts;
  readonly model: ModelCounts;
  readonly usage: {
    readonly server: ProcessUsage;
    readonly callers: readonly ProcessUsage[];
    readonly models: readonly ProcessUsage[];
  };
}

/** Reads all counts and usages. */
export async function readAll(
  { server, callers, models }: Stage,
): Promise<Reading> {
  const atMs = performance.now();
  const [serverUsage, modelUsages, callerUsages] = await Promise.all([
    readUsage(server.pid),
    Promise.all(models.map(({ pid }) => readUsage(pid))),
    Promise.all(callers.map(({ pid }) => readUsage(pid))),
  ]);
  return {
    atMs,
    clockErrorMs: Math.max(
      ...[...models, ...callers].map(({ clockErrorMs }) => clockErrorMs),
    ),
    callers: (await askAll<CallerCounts>(callers, "count")).reduce(addCallers),
    model: (await askAll<ModelCounts>(models, "count")).reduce(addModels),
    usage: { server: serverUsage, models: modelUsages, callers: callerUsages },
  };
}

/** What happened between two readings. */
export function compareReadings(first: Reading, last: Reading) {
  const ticks = last.callers.ticks - first.callers.ticks;
  const wakes = last.model.wakes - first.model.wakes;
  const machineS = last.usage.server.machineS - first.usage.server.machineS;
  const busyS = last.usage.server.machineBusyS -
    first.usage.server.machineBusyS;
  const stolenS = last.usage.server.machineStolenS -
    first.usage.server.machineStolenS;
  const cores = {
    server: coresOf(first, last, ({ usage }) => [usage.server]),
    callers: coresOf(first, last, ({ usage }) => usage.callers),
    model: coresOf(first, last, ({ usage }) => usage.models),
  };
  const ownCores = cores.server.all + cores.callers.all + cores.model.all;
  const ownS = ownCores * (last.atMs - first.atMs) / 1000;
  return {
    uplinkFrames: subtractCounts(last.model.up, first.model.up),
    downlinkFrames: subtractCounts(last.callers.down, first.callers.down),
    underrunFrames: last.callers.underruns - first.callers.underruns,
    hurriedUnderrunFrames: last.callers.hurriedUnderruns -
      first.callers.hurriedUnderruns,
    earlyUnderrunFrames: first.callers.underruns,
    modelErrors: last.model.errors - first.model.errors,
    ...cores,
    machineBusy: busyS / Math.max(machineS, 0.01),
    stolen: stolenS / Math.max(machineS, 0.01),
    othersBusy: Math.max(0, busyS - stolenS - ownS) / Math.max(machineS, 0.01),
    lateness: {
      lateTicks: (last.callers.lateTicks - first.callers.lateTicks) /
        Math.max(1, ticks),
      skippedTicks: last.callers.skippedTicks - first.callers.skippedTicks +
        last.callers.unsent - first.callers.unsent,
      lateWakes: (last.model.lateWakes - first.model.lateWakes) /
        Math.max(1, wakes),
      clockErrorMs: last.clockErrorMs,
    },
  };
}

/** CPU between two readings; of several processes, `main` is the busiest one's. */
export function coresOf(
  first: Reading,
  last: Reading,
  pick: (reading: Reading) => readonly ProcessUsage[],
): Cores {
  const seconds = (last.atMs - first.atMs) / 1000;
  const before = pick(first);
  const cores = pick(last).map((usage, i) => ({
    all: (usage.cpuS - before[i].cpuS) / seconds,
    main: (usage.mainS - before[i].mainS) / seconds,
    media: (usage.mediaS - before[i].mediaS) / seconds,
    workers: usage.workersS.map((s, w) =>
      (s - (before[i].workersS[w] ?? 0)) / seconds
    ),
  }));
  return {
    all: cores.reduce((sum, { all }) => sum + all, 0),
    main: Math.max(...cores.map(({ main }) => main)),
    media: cores.reduce((sum, { media }) => sum + media, 0),
    workers: cores.flatMap(({ workers }) => workers),
  };
}

/** Counts of two models' processes together. */
function addModels(a: ModelCounts, b: ModelCounts): ModelCounts {
  return {
    sessions: a.sessions + b.sessions,
    up: addCounts(a.up, b.up),
    errors: a.errors + b.errors,
    wakes: a.wakes + b.wakes,
    lateWakes: a.lateWakes + b.lateWakes,
  };
}

/** Counts of two callers' processes together. */
export function addCallers(a: CallerCounts, b: CallerCounts): CallerCounts {
  return {
    open: a.open + b.open,
    answered: a.answered + b.answered,
    down: addCounts(a.down, b.down),
    underruns: a.underruns + b.underruns,
    hurriedUnderruns: a.hurriedUnderruns + b.hurriedUnderruns,
    sent: a.sent + b.sent,
    ticks: a.ticks + b.ticks,
    lateTicks: a.lateTicks + b.lateTicks,
    skippedTicks: a.skippedTicks + b.skippedTicks,
    unsent: a.unsent + b.unsent,
  };
}
