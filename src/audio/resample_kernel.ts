import {
  allocateBytes,
  allocateSamples,
  audioBuffer,
  audioMemory,
} from "./audio_memory.ts";
import { RESAMPLE_BINARY_BASE64 } from "./resample_binary.ts";

/** Blocks that one call of {@linkcode resample} can give: 144 ms at 8000 a second. */
export const MAX_BLOCKS = 1152;
/** Blocks of the past that a bank can need. */
const MAX_PAST_BLOCKS = 39;
/** The most samples in a block of the input, and of the output. */
const MAX_BLOCK_SAMPLES = 6;

/** Blocks that the kernel may read and write beyond what is asked for. */
const MARGIN_BLOCKS = 32;
const LINE_BYTES = 4 * (MAX_PAST_BLOCKS + MAX_BLOCKS + MARGIN_BLOCKS);
const PHASE_BYTES = 2 * (MAX_BLOCKS + MARGIN_BLOCKS);
const TAPS_AT_ONCE = 4;
const FLOAT_BYTES = 4;
/** Of the module's own. */
const CONSTANT_BYTES = 48;

// One call is worked on at a time, so all calls of a thread share these.
/** What a call heard before, oldest first, and then the new samples; room for one block that is not whole as well. */
export const inputRegion: Int16Array = allocateSamples(
  MAX_BLOCK_SAMPLES * (MAX_PAST_BLOCKS + MAX_BLOCKS + MARGIN_BLOCKS),
);
/** What {@linkcode resample} gave. */
export const outputRegion: Int16Array = allocateSamples(
  MAX_BLOCK_SAMPLES * (MAX_BLOCKS + MARGIN_BLOCKS),
);

interface ResampleExports {
  resample(bankAddress: number, samples: number): number;
}

const kernel = new WebAssembly.Instance(
  new WebAssembly.Module(Uint8Array.fromBase64(RESAMPLE_BINARY_BASE64)),
  {
    audio: {
      memory: audioMemory,
      input: inputRegion.byteOffset,
      lines: allocateBytes(MAX_BLOCK_SAMPLES * LINE_BYTES),
      lineBytes: LINE_BYTES,
      phases: allocateBytes(MAX_BLOCK_SAMPLES * PHASE_BYTES),
      phaseBytes: PHASE_BYTES,
      output: outputRegion.byteOffset,
      constants: allocateBytes(CONSTANT_BYTES),
    },
  },
).exports as unknown as ResampleExports;

/**
 * Resamples what stands in {@linkcode inputRegion}: the past that the bank
 * needs, then `samples`, a block that was not whole included. Returns how many
 * samples then stand in {@linkcode outputRegion}, and leaves the past of the
 * next call, and what is not a whole block yet, at the begin of the input.
 * Worker thread; checks nothing.
 */
export const resample: ResampleExports["resample"] = kernel.resample;

/** What one phase takes from one branch: nothing before block `first` of the branch's line, then `taps`, oldest first. */
export interface BranchFilter {
  readonly first: number;
  readonly taps: readonly number[];
}

/** Filters by phase and branch. */
export type FilterTable = readonly (readonly BranchFilter[])[];

/** Puts filters that need `pastBlocks` into the audio memory for good and returns their address. Throws RangeError when it is full. */
export function placeBank(filters: FilterTable, pastBlocks: number): number {
  const words = filters.flat().flatMap(({ first, taps }) => {
    // The rest stays zero and adds nothing.
    const whole = Math.ceil(taps.length / TAPS_AT_ONCE) * TAPS_AT_ONCE;
    const address = allocateBytes(whole * FLOAT_BYTES);
    new Float32Array(audioBuffer, address, whole).set(taps);
    return [first * FLOAT_BYTES, address, address + whole * FLOAT_BYTES];
  });
  const head = [filters.length, filters[0].length, pastBlocks];
  const address = allocateBytes((head.length + words.length) * 4);
  new Uint32Array(audioBuffer, address).set([...head, ...words]);
  return address;
}
