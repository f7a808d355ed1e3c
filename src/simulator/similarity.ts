/** Length of a block of the coarse search, in milliseconds. */
const BLOCK_MS = 5;
/** A piece of fewer has no course of loudness to be found by. */
const FEWEST_BLOCKS = 40;

/** Pieces this alike are the same; they are not divided further. */
const SAME = 0.99;
const SHORTEST_PIECE_MS = 60;
/** A half is looked for so far around the place of the whole. */
const MOST_SHIFT_MS = 600;
/** Less is no pause. */
const LEAST_SHIFT_MS = 2;

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
  return search(said, heard, { from: 0, to: heard.length }, rateHz);
}

/** How alike two recordings are when one has pauses that the other has not. */
export interface Alignment {
  /** Mean of the pieces' correlations, weighted by their power, −1 to 1. */
  readonly correlation: number;
  /** By how much a piece is heard later than the one before it, where it is; below 0 when something was left out. */
  readonly shiftsMs: readonly number[];
}

/**
 * As {@linkcode compareSpeech}, for a machine that may have stood still: where
 * `said` as a whole does not occur in `heard`, its halves are looked for, and
 * theirs. So a pause of up to some 0.6 s is told apart from distortion, which no
 * division mends. Any thread.
 */
export function alignSpeech(
  said: Int16Array,
  heard: Int16Array,
  rateHz: number,
): Alignment {
  const whole = { at: 0, said, ...compareSpeech(said, heard, rateHz) };
  const pieces = divide(whole, heard, rateHz);
  const power = sum(pieces.map(({ said }) => powerOf(said)));
  const heardAt = pieces.filter(({ correlation }) => correlation >= SAME)
    .map(({ at, delaySamples }) => 1000 * (delaySamples - at) / rateHz);
  return {
    correlation: sum(
      pieces.map((piece) => piece.correlation * powerOf(piece.said)),
    ) / power,
    shiftsMs: heardAt.slice(1).map((ms, i) => ms - heardAt[i])
      .filter((ms) => Math.abs(ms) > LEAST_SHIFT_MS),
  };
}

/** A part of what was said, from the sample `at` on, and where it is heard. */
interface Piece extends Similarity {
  readonly at: number;
  readonly said: Int16Array;
}

function divide(piece: Piece, heard: Int16Array, rateHz: number): Piece[] {
  const { said, correlation } = piece;
  const half = said.length >> 1;
  const shortest = SHORTEST_PIECE_MS * rateHz / 1000;
  if (correlation >= SAME || half < shortest) return [piece];
  const most = MOST_SHIFT_MS * rateHz / 1000;
  return [[0, half], [half, said.length]].flatMap(([from, to]) => {
    const part = said.subarray(from, to);
    const middle = piece.delaySamples + from;
    const range = { from: middle - most, to: middle + most };
    const found = search(part, heard, range, rateHz);
    return divide({ at: piece.at + from, said: part, ...found }, heard, rateHz);
  });
}

function powerOf(samples: Int16Array): number {
  return samples.reduce((power, sample) => power + sample * sample, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Delays, in samples. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Looks at every delay of a short piece, and of a long one where the loudness fits best. */
function search(
  said: Int16Array,
  heard: Int16Array,
  { from, to }: Range,
  rateHz: number,
): Similarity {
  const block = Math.round(rateHz * BLOCK_MS / 1000);
  if (said.length < FEWEST_BLOCKS * block) {
    return bestDelay(said, heard, { from, to });
  }
  const first = Math.max(0, from);
  const within = heard.subarray(first, Math.max(first, to) + said.length);
  const coarse = bestDelay(loudness(said, block), loudness(within, block), {
    from: 0,
    to: Math.ceil(within.length / block),
  });
  const middle = first + coarse.delaySamples * block;
  return bestDelay(said, heard, {
    from: middle - 4 * block,
    to: middle + 4 * block,
  });
}

function bestDelay(
  said: ArrayLike<number>,
  heard: ArrayLike<number>,
  { from, to }: Range,
): Similarity {
  let best: Similarity = { correlation: -1, delaySamples: from };
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
