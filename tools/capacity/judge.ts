import type { CellPlace, CellResult, Measured } from "./cell_result.ts";
import type { FrameCounts } from "./frame_counts.ts";
import { FEWEST_FOR_RATE, LIMITS, RATE_TOLERANCE, TRUST } from "./limits.ts";

/** Says whether a measurement can be believed, and whether it met the limits. */
export function judgeCell(
  place: CellPlace & { readonly setupsPerSecond: number },
  measured: Measured,
): CellResult {
  const { setupsPerSecond: _, ...cell } = place;
  const doubts = findDoubts(measured);
  if (doubts.length > 0) {
    return { ...cell, state: "rejected", reasons: doubts, measured };
  }
  const breaches = findBreaches(place, measured);
  const state = breaches.length > 0 ? "failed" : "met";
  return { ...cell, state, reasons: breaches, measured };
}

function findDoubts(
  { callers, model, lateness, othersBusy, stolen }: Measured,
): string[] {
  const { lateTicks, lateWakes, skippedTicks } = lateness;
  return [
    ...breach(
      stolen > TRUST.stolen,
      `the host took ${percent(stolen)} of the processors from this machine`,
    ),
    ...breach(
      othersBusy > TRUST.othersBusy,
      `other programs used ${percent(othersBusy)} of the machine`,
    ),
    ...breach(
      callers.main > TRUST.mostBusy,
      `the callers used ${percent(callers.main)} of a core`,
    ),
    ...breach(
      model.main > TRUST.mostBusy,
      `the model used ${percent(model.main)} of a core`,
    ),
    ...breach(
      skippedTicks > 0,
      `the callers stood still and gave up ${skippedTicks} frames`,
    ),
    ...breach(
      lateTicks > TRUST.lateTicks,
      `${percent(lateTicks)} of the callers' frames left more than 10 ms late`,
    ),
    ...breach(
      lateWakes > TRUST.lateWakes,
      `the model woke more than 10 ms late ${percent(lateWakes)} of the time`,
    ),
  ];
}

function findBreaches(
  place: { readonly calls: number; readonly setupsPerSecond: number },
  measured: Measured,
): string[] {
  const { uplinkMs, downlinkMs, underrunFrames, unheardMarks } = measured;
  return [
    ...findLostCalls(place, measured),
    ...breach(
      damaged(measured.uplinkFrames) > LIMITS.lostFrames,
      `uplink frames ${describe(measured.uplinkFrames)}`,
    ),
    ...breach(
      damaged(measured.downlinkFrames) > LIMITS.lostFrames,
      `downlink frames ${describe(measured.downlinkFrames)}`,
    ),
    ...breach(
      unheardMarks > LIMITS.lostFrames,
      `${unheardMarks} timed frames of callers never came to the model`,
    ),
    ...breach(
      underrunFrames > LIMITS.underrunFrames,
      `${underrunFrames} frames were missing inside answers`,
    ),
    ...above("uplink p99", uplinkMs.p99, LIMITS.uplinkP99Ms),
    ...above("downlink p99", downlinkMs.p99, LIMITS.downlinkP99Ms),
    ...findSlowSetups(place, measured),
    ...above(
      "barge-in p95",
      measured.bargeInMs?.p95 ?? NaN,
      LIMITS.bargeInP95Ms,
    ),
  ];
}

function findLostCalls(
  { calls }: { readonly calls: number },
  {
    answered,
    refused,
    endedEarly,
    violations,
    modelErrors,
    serverWarnings,
  }: Measured,
): string[] {
  return [
    ...breach(
      answered < calls,
      `${calls - answered} of ${calls} calls were not answered (${
        list(refused)
      })`,
    ),
    ...breach(
      Object.keys(endedEarly).length > 0,
      `calls ended by themselves (${list(endedEarly)}; the server's log: ${
        list(serverWarnings)
      })`,
    ),
    ...breach(
      violations.length > 0,
      `FreeSWITCH was misused: ${violations.slice(0, 3).join(", ")}`,
    ),
    ...breach(
      modelErrors > 0,
      `the model complained ${modelErrors} times`,
    ),
  ];
}

function findSlowSetups(
  { calls, setupsPerSecond }: {
    readonly calls: number;
    readonly setupsPerSecond: number;
  },
  measured: Measured,
): string[] {
  if (calls < FEWEST_FOR_RATE) return [];
  const wanted = RATE_TOLERANCE *
    Math.min(setupsPerSecond, LIMITS.setupsPerSecond);
  return breach(
    measured.setupsPerSecond < wanted,
    `${Math.round(measured.setupsPerSecond)} set-ups a second`,
  );
}

function above(what: string, got: number, mostMs: number): string[] {
  return breach(got > mostMs, `${what} ${got.toFixed(1)} ms > ${mostMs} ms`);
}

function breach(is: boolean, words: string): string[] {
  return is ? [words] : [];
}

function damaged({ lost, doubled, outOfOrder }: FrameCounts): number {
  return lost + doubled + outOfOrder;
}

function describe({ lost, doubled, outOfOrder }: FrameCounts): string {
  return `${lost} lost, ${doubled} doubled, ${outOfOrder} out of order`;
}

function list(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([what, n]) => `${n} × ${what}`).join(", ");
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
