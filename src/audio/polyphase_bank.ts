import { type PlacedFilter, placeFilter } from "./convolver.ts";
import { CROSSINGS, lowpassAt } from "./lowpass.ts";

/**
 * The lowpass cut into short filters: of every block of `down` samples, sample
 * b goes to branch b, and of the `up` samples that a block gives, sample p is
 * the sum of `filters[p][b]` over all branches. Shared by all calls of a thread.
 */
export interface PolyphaseBank {
  readonly up: number;
  readonly down: number;
  /** Blocks that an output needs, the newest included. */
  readonly lengthBlocks: number;
  readonly filters: readonly (readonly PlacedFilter[])[];
}

const banks = new Map<string, PolyphaseBank>();

/** The bank for `up`:`down`, a fraction in lowest terms; designed on first use. Any thread. */
export function polyphaseBank(up: number, down: number): PolyphaseBank {
  const key = `${up}:${down}`;
  const known = banks.get(key);
  if (known !== undefined) return known;
  const bank = designBank(up, down);
  banks.set(key, bank);
  return bank;
}

function designBank(up: number, down: number): PolyphaseBank {
  const phases = range(up).map((phase) =>
    range(down).map((branch) => branchTaps({ up, down, phase, branch }))
  );
  const lengthBlocks = Math.max(...phases.flat().map((taps) => taps.length));
  const filters = phases.map((branches) =>
    branches.map((taps) => place(taps, lengthBlocks))
  );
  return { up, down, lengthBlocks, filters };
}

/** What sample `branch` of this block, the block before … is worth for `phase`, down to the last that counts. */
function branchTaps(
  cell: { up: number; down: number; phase: number; branch: number },
): number[] {
  const { up, down, phase, branch } = cell;
  const stepsPerSample = Math.max(up, down);
  const halfSteps = CROSSINGS * stepsPerSample;
  const gain = up / stepsPerSample;
  // As little delay as lets no output need a sample of the next block, and a
  // whole number of samples at both rates: there and back nothing moves by a fraction.
  const whole = up * down;
  const delay = Math.ceil((halfSteps - down) / whole) * whole;
  const newest = phase * down - branch * up - delay;
  const taps = [];
  for (let step = newest; step < halfSteps; step += up * down) {
    taps.push(gain * lowpassAt(step, stepsPerSample));
  }
  return taps.slice(0, taps.findLastIndex((tap) => tap !== 0) + 1);
}

/** Turns newest first into oldest first and leaves out zeros at both ends. */
function place(taps: readonly number[], lengthBlocks: number): PlacedFilter {
  const newest = Math.max(0, taps.findIndex((tap) => tap !== 0));
  const first = lengthBlocks - taps.length;
  return placeFilter(taps.slice(newest).reverse(), first);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
