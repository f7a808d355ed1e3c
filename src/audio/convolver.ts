import { CONVOLVE_BINARY_BASE64 } from "./convolve_binary.ts";

/** Blocks that one call of {@linkcode convolve} can give: 20 ms between 24 and 48 kHz. */
export const MAX_BLOCKS = 480;
/** Blocks of the past that a line has room for. */
export const MAX_PAST_BLOCKS = 48;
/** Branches, thus lines. */
export const MAX_BRANCHES = 6;

/** The kernel gives this many outputs at a time, beyond `blocks` where need be. */
const STRIDE = 16;
const LINE_LENGTH = MAX_PAST_BLOCKS + MAX_BLOCKS + STRIDE;
const FLOAT_BYTES = 4;

interface ConvolveExports {
  readonly memory: WebAssembly.Memory;
  convolve(
    coefficients: number,
    taps: number,
    line: number,
    sums: number,
    blocks: number,
  ): void;
}

const { memory, convolve: kernel } = new WebAssembly.Instance(
  new WebAssembly.Module(Uint8Array.fromBase64(CONVOLVE_BINARY_BASE64)),
).exports as unknown as ConvolveExports;

let freeAddress = 0;

/** A filter whose coefficients lie in the kernel's memory. */
export interface PlacedFilter {
  /** How many blocks after the line's begin it starts. */
  readonly first: number;
  readonly taps: number;
  readonly address: number;
}

// One call is worked on at a time, so all calls of a thread share these.
/** Samples, oldest first, for each branch of the input; always finite. */
export const lines: readonly Float32Array[] = Array.from(
  { length: MAX_BRANCHES },
  () => allocate(LINE_LENGTH),
);
/** What {@linkcode convolve} adds to. */
export const sums: Float32Array = allocate(MAX_BLOCKS + STRIDE);

/**
 * Puts coefficients into the kernel's memory, oldest block first, for good;
 * `first` is the block of the line that the first one meets. Throws RangeError
 * when the memory is full.
 */
export function placeFilter(
  coefficients: readonly number[],
  first: number,
): PlacedFilter {
  const placed = allocate(coefficients.length);
  placed.set(coefficients);
  return { first, taps: placed.length, address: placed.byteOffset };
}

/**
 * Adds the filter's sums over the branch's line to {@linkcode sums}, for the
 * first `blocks`; what lies there up to the next multiple of 16 is overwritten. The
 * thread's only instance of a WebAssembly module of 64 kB does it.
 */
export function convolve(filter: PlacedFilter, branch: number, blocks: number) {
  const line = lines[branch].byteOffset + filter.first * FLOAT_BYTES;
  kernel(filter.address, filter.taps, line, sums.byteOffset, blocks);
}

function allocate(length: number): Float32Array {
  const floats = new Float32Array(memory.buffer, freeAddress, length);
  // Vectors that do not straddle cache lines load faster.
  freeAddress += Math.ceil(length / STRIDE) * STRIDE * FLOAT_BYTES;
  return floats;
}
