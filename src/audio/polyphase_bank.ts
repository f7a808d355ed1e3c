import { CROSSINGS, lowpassAt } from "./lowpass.ts";
import { type BranchFilter, placeBank } from "./resample_kernel.ts";

/**
 * The lowpass cut into short filters: of every block of `down` samples, sample
 * b goes to branch b, and of the `up` samples that a block gives, sample p is
 * the sum of filter p, b over all branches. Shared by all calls of a thread.
 */
export interface PolyphaseBank {
  readonly up: number;
  readonly down: number;
  /** Blocks that an output needs before its own. */
  readonly pastBlocks: number;
  /** Where the filters stand for the kernel. */
  readonly address: number;
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
    branches.map((taps) => oldestFirst(taps, lengthBlocks))
  );
  const pastBlocks = lengthBlocks - 1;
  return { up, down, pastBlocks, address: placeBank(filters, pastBlocks) };
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
function oldestFirst(
  taps: readonly number[],
  lengthBlocks: number,
): BranchFilter {
  const newest = Math.max(0, taps.findIndex((tap) => tap !== 0));
  return {
    first: lengthBlocks - taps.length,
    taps: taps.slice(newest).reverse(),
  };
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}
