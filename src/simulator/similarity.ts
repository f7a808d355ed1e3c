/** Length of a block of the coarse search, in milliseconds. */
const BLOCK_MS = 5;

/** How alike two recordings are. */
export interface Similarity {
  /** Normalised correlation at the best delay, −1 to 1. */
  readonly correlation: number;
  /** How much later `heard` is than `said`, in samples. */
  readonly delaySamples: number;
}

/**
 * Finds where `said` occurs in `heard`, both at `rateHz`, and how alike they are
 * there: first by loudness in blocks, then sample by sample. Any thread.
 */
export function compareSpeech(
  said: Int16Array,
  heard: Int16Array,
  rateHz: number,
): Similarity {
  const block = Math.round(rateHz * BLOCK_MS / 1000);
  const coarse = bestDelay(loudness(said, block), loudness(heard, block), {
    from: 0,
    to: Math.ceil(heard.length / block),
  });
  const middle = coarse.delaySamples * block;
  return bestDelay(said, heard, {
    from: middle - 4 * block,
    to: middle + 4 * block,
  });
}

function bestDelay(
  said: ArrayLike<number>,
  heard: ArrayLike<number>,
  { from, to }: { readonly from: number; readonly to: number },
): Similarity {
  let best: Similarity = { correlation: -1, delaySamples: 0 };
  for (let delay = from; delay <= to; delay++) {
    const correlation = correlate(said, heard, delay);
    if (correlation > best.correlation) {
      best = { correlation, delaySamples: delay };
    }
  }
  return best;
}

function correlate(
  said: ArrayLike<number>,
  heard: ArrayLike<number>,
  delay: number,
): number {
  let product = 0;
  let saidPower = 0;
  let heardPower = 0;
  for (let i = 0; i < said.length; i++) {
    const a = said[i];
    const b = heard[i + delay] ?? 0;
    product += a * b;
    saidPower += a * a;
    heardPower += b * b;
  }
  return product === 0 ? 0 : product / Math.sqrt(saidPower * heardPower);
}

/** Mean level of each block, without its own mean, so that silence does not correlate with silence. */
function loudness(samples: Int16Array, block: number): Float64Array {
  const levels = new Float64Array(Math.ceil(samples.length / block));
  for (let i = 0; i < samples.length; i++) {
    levels[Math.floor(i / block)] += Math.abs(samples[i]) / block;
  }
  const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
  return levels.map((level) => level - mean);
}
