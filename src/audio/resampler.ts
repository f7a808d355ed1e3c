/**
 * Converts a stream of 16-bit mono samples from one rate to another, keeping
 * its state from chunk to chunk: the samples that come out are the same for any
 * chunking of the input. Worker thread; one direction of one call each.
 */
export interface Resampler {
  readonly inputRateHz: number;
  readonly outputRateHz: number;

  /** The most samples that {@linkcode process} writes for `inputSamples` samples. */
  maxOutputSamples(inputSamples: number): number;

  /**
   * Consumes all of `input`, writes what is ready to the start of `output` and
   * returns how many samples that is. Values beyond 16 bits are clipped, never
   * wrapped. Throws RangeError, before anything is consumed, when `output`
   * holds fewer than `maxOutputSamples(input.length)`; TypeError when closed.
   */
  process(input: Int16Array, output: Int16Array): number;

  /** Forgets what was heard, as if new. */
  reset(): void;

  /** Gives its memory back; may be called twice. */
  close(): void;
}

/**
 * Makes a resampler for a pair of rates in hertz. Equal rates give one that
 * copies bit by bit. Rejects with RangeError for rates that it cannot convert.
 */
export type CreateResampler = (
  inputRateHz: number,
  outputRateHz: number,
) => Promise<Resampler>;
