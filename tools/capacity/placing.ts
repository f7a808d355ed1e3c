import type { Program } from "./program.ts";
import type { Profile } from "./profile.ts";
import type { Stage } from "./stage.ts";
import { quantilesOf } from "./statistics.ts";
import type { PlaceCalls, Placed } from "./wire.ts";

/** Beyond the time that placing takes, what the last calls may take. */
const PLACING_MS = 40_000;

/** What is to be placed. */
export interface PlacingOptions {
  readonly calls: number;
  readonly perSecond: number;
  readonly profile: Profile;
  readonly rateHz: number;
}

/** Places calls at an even pace from all callers' processes; resolves when each is answered or refused. */
export async function placeAll(
  { callers, entry }: Stage,
  options: PlacingOptions,
) {
  const { calls, perSecond, profile, rateHz } = options;
  const share = Math.ceil(calls / callers.length);
  const withinMs = calls / perSecond * 1000 + PLACING_MS;
  const parts = await Promise.all(callers.map((program, i) => {
    const own = Math.max(0, Math.min(share, calls - i * share));
    const given: PlaceCalls = {
      ...entry,
      calls: own,
      firstName: i * share,
      perSecond: perSecond * own / calls,
      profile,
      rateHz,
    };
    return own === 0 ? undefined : askPlaced(program, given, withinMs);
  }));
  const placed = parts.filter((part) => part !== undefined);
  const setup = quantilesOf(placed.flatMap(({ setupMs }) => setupMs));
  const firstMs = Math.min(...placed.map((part) => part.firstPlacedMs));
  const lastMs = Math.max(...placed.map((part) => part.lastAnsweredMs));
  // The last call's own set-up is no part of the pace.
  const rampMs = Math.max(1, lastMs - firstMs - setup.p50);
  return {
    setup,
    answered: setup.count,
    setupsPerSecond: setup.count === 0 ? 0 : setup.count / rampMs * 1000,
    refused: mergeSums(placed.map(({ refused }) => refused)),
  };
}

async function askPlaced(
  program: Program,
  given: PlaceCalls,
  withinMs: number,
): Promise<Placed> {
  const placed = await program.ask<Placed>("place", given, withinMs);
  const { clockOffsetMs } = program;
  return {
    ...placed,
    firstPlacedMs: placed.firstPlacedMs + clockOffsetMs,
    lastAnsweredMs: placed.lastAnsweredMs + clockOffsetMs,
  };
}

/** Adds counts by their name. */
export function mergeSums(
  parts: readonly Readonly<Record<string, number>>[],
): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const part of parts) {
    for (const [key, value] of Object.entries(part)) {
      sums[key] = (sums[key] ?? 0) + value;
    }
  }
  return sums;
}
