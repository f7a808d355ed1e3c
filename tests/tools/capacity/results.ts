import type {
  CellResult,
  Measured,
} from "../../../tools/capacity/cell_result.ts";
import { judgeCell } from "../../../tools/capacity/judge.ts";

const quantiles = (p50: number) => ({
  count: 100,
  p50,
  p95: p50 * 1.5,
  p99: p50 * 2,
  max: p50 * 3,
});
const whole = { received: 5000, lost: 0, doubled: 0, outOfOrder: 0 };
const cores = { all: 0.3, main: 0.05, media: 0.15, workers: [0.1] };

/** A measurement that meets every limit, but for what is told. */
export function measuredWith(other: Partial<Measured> = {}): Measured {
  return {
    setup: quantiles(80),
    setupsPerSecond: 100,
    answered: 100,
    refused: {},
    endedEarly: {},
    uplinkMs: quantiles(20),
    unheardMarks: 0,
    downlinkMs: quantiles(12),
    uplinkFrames: whole,
    downlinkFrames: whole,
    underrunFrames: 0,
    serverUnderrunFrames: 0,
    earlyUnderrunFrames: 0,
    hurriedUnderrunFrames: 0,
    server: cores,
    callers: cores,
    model: cores,
    machineBusy: 0.5,
    othersBusy: 0.05,
    stolen: 0,
    cpuPerCallCores: 0.003,
    idleBytes: 1e8,
    loadedBytes: 2e8,
    emptiedBytes: 1.1e8,
    bytesPerCall: 1e6,
    filesLeft: 0,
    lateness: {
      lateTicks: 0,
      skippedTicks: 0,
      lateWakes: 0,
      clockErrorMs: 0.1,
    },
    violations: [],
    modelErrors: 0,
    serverWarnings: {},
    ...other,
  };
}

/** A judged cell of 100 calls on one shard, but for what is told. */
export function cellWith(
  measured: Partial<Measured> = {},
  place: { readonly shards?: number; readonly calls?: number } = {},
): CellResult {
  const { shards = 1, calls = 100 } = place;
  return judgeCell({
    shards,
    calls,
    profile: "duplex",
    rateHz: 8000,
    round: 1,
    setupsPerSecond: 100,
  }, measuredWith({ answered: calls, ...measured }));
}
