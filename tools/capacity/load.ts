import { sumMetric } from "../metrics_text.ts";
import type { Measured } from "./cell_result.ts";
import { joinDelays, shiftCaller, shiftSession } from "./delays.ts";
import { mergeSums, placeAll } from "./placing.ts";
import { readUsage } from "./process_usage.ts";
import { askAll } from "./program.ts";
import type { Profile } from "./profile.ts";
import { addCallers, compareReadings, coresOf, readAll } from "./reading.ts";
import { isEmptied, pause, type Stage } from "./stage.ts";
import { histogramQuantile, quantilesOf } from "./statistics.ts";
import type {
  CallerCounts,
  CallerMarks,
  HungUp,
  SessionMarks,
} from "./wire.ts";

/** One load of a stage. */
export interface LoadOptions {
  readonly calls: number;
  readonly perSecond: number;
  readonly seconds: number;
  readonly profile: Profile;
  readonly rateHz: number;
  readonly signal: AbortSignal;
  /** Shows how it goes on. */
  readonly tell: (what: string) => void;
}

/** In a long run every session talks by then. */
const LONG_RUN_S = 10;
const LONG_SETTLE_MS = 6000;
const SHORT_SETTLE_MS = 1000;
/** What left at the end of the measurement has arrived by then. */
const ON_THE_WAY_MS = 400;
/** Until a server without calls has given its memory back. */
const EMPTIED_AFTER_MS = 3000;
const BARGE_IN = "vapi_barge_in_stop_seconds";
const UNDERRUNS = "vapi_playout_underrun_frames_total";

/** Places calls, measures them, hangs them up and waits until the server is empty again. */
export async function carryLoad(
  stage: Stage,
  options: LoadOptions,
): Promise<Measured> {
  const { signal, seconds, tell } = options;
  const { server } = stage;
  const metricsAtFirst = await server.metrics();
  tell(`placing ${options.calls} calls, ${options.perSecond} a second`);
  const placed = await placeAll(stage, options);
  await pause(
    seconds >= LONG_RUN_S ? LONG_SETTLE_MS : SHORT_SETTLE_MS,
    signal,
  );
  const first = await readAll(stage);
  await watch(stage, { seconds, signal, tell });
  const last = await readAll(stage);
  await pause(ON_THE_WAY_MS, signal);
  const marks = await readMarks(stage);
  const metrics = await server.metrics();
  tell("hanging up");
  const hungUp = await askAll<HungUp>(stage.callers, "hangUp");
  const emptied = await isEmptied(server);
  await pause(EMPTIED_AFTER_MS, signal);
  const after = await readUsage(server.pid);
  await askAll(stage.models, "forget");

  const delays = joinDelays({ ...marks, fromMs: first.atMs, toMs: last.atMs });
  const bargeInShare = { name: BARGE_IN, share: 0.95, before: metricsAtFirst };
  return {
    ...placed,
    endedEarly: mergeSums(hungUp.map(({ endedEarly }) => endedEarly)),
    violations: [
      ...hungUp.flatMap(({ violations }) => violations),
      ...emptied ? [] : ["the server kept calls that had been hung up"],
    ],
    uplinkMs: quantilesOf(delays.uplink),
    unheardMarks: delays.unheard,
    downlinkMs: quantilesOf(delays.downlink),
    ...options.profile === "turns" && {
      bargeInMs: quantilesOf(delays.bargeIn),
      serverBargeInP95Ms: 1000 * histogramQuantile(metrics, bargeInShare),
    },
    ...compareReadings(first, last),
    serverUnderrunFrames: sumMetric(metrics, UNDERRUNS) -
      sumMetric(metricsAtFirst, UNDERRUNS),
    serverWarnings: { ...stage.warnings },
    idleBytes: stage.idle.memoryBytes,
    loadedBytes: last.usage.server.memoryBytes,
    emptiedBytes: after.memoryBytes,
    bytesPerCall: (last.usage.server.memoryBytes - stage.idle.memoryBytes) /
      Math.max(1, placed.answered),
    cpuPerCallCores: coresOf(first, last, (r) => [r.usage.server]).all /
      Math.max(1, placed.answered),
    filesLeft: after.files - stage.idle.files,
  };
}

async function watch(
  { callers }: Stage,
  { seconds, signal, tell }: Pick<LoadOptions, "seconds" | "signal" | "tell">,
): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  for (;;) {
    const leftMs = endMs - performance.now();
    if (leftMs <= 0) return;
    await pause(Math.min(1000, leftMs), signal);
    const { open, down, underruns } =
      (await askAll<CallerCounts>(callers, "count")).reduce(addCallers);
    const leftS = Math.max(0, Math.ceil((endMs - performance.now()) / 1000));
    tell(
      `${open} calls, ${down.received} frames heard, ${down.lost} lost, ${underruns} missing, ${leftS} s left`,
    );
  }
}

async function readMarks({ callers, models }: Stage) {
  const perProgram = await Promise.all(callers.map(async (program) => {
    const marks = await program.ask<CallerMarks[]>("marks");
    return marks.map((m) => shiftCaller(m, program.clockOffsetMs));
  }));
  const perModel = await Promise.all(models.map(async (model) => {
    const marks = await model.ask<SessionMarks[]>("marks");
    return marks.map((s) => shiftSession(s, model.clockOffsetMs));
  }));
  return { callers: perProgram.flat(), sessions: perModel.flat() };
}
