/** How many levels there are: a frame's number is known modulo this. */
export const LEVELS = 256;
/** The faintest level; still speech for a detector with the service's default threshold. */
const FAINTEST = 4000;
/** Between two levels; filters and rounding move a settled level by a few. */
const STEP = 96;
/** Bits of a name, one a frame. */
const NAME_BITS = 16;
/** Names that can be told apart. */
export const NAMES = 1 << NAME_BITS;
/** Where in its frame a level is read, in milliseconds: behind the filters' delay and before the next edge. */
export const READ_AT_MS = 12;

/** Frame `number` has one constant level, which no linear filter changes. Its sign is one bit of the `name`. */
export function levelOf(number: number, name = 0): number {
  const level = FAINTEST + STEP * (number % LEVELS);
  return (name >> number % NAME_BITS & 1) === 1 ? -level : level;
}

/** The number modulo {@linkcode LEVELS} that a level stands for; -1 for silence. */
export function numberOf(level: number): number {
  const size = Math.abs(level);
  if (size < FAINTEST - STEP / 2) return -1;
  return Math.min(LEVELS - 1, Math.round((size - FAINTEST) / STEP));
}

/** Samples of frames 0 to `frames` - 1, as a model says them. */
export function numberedSpeech(frames: number, rateHz: number): Int16Array {
  const frameSamples = rateHz / 50;
  const samples = new Int16Array(frames * frameSamples);
  for (let number = 0; number < frames; number++) {
    const from = number * frameSamples;
    samples.fill(levelOf(number), from, from + frameSamples);
  }
  return samples;
}

/** Whether two samples of a frame, some milliseconds apart, are not of one level: the server made it up. */
export function isMadeUp(early: number, late: number): boolean {
  return Math.abs(early - late) > STEP / 2;
}

/** Gathers a name from the signs of a sender's frames. */
export class NameReader {
  #bits = 0;
  #known = 0;

  /** Takes frame `number` of level `level`. */
  read(number: number, level: number): void {
    const bit = 1 << number % NAME_BITS;
    this.#known |= bit;
    if (level < 0) this.#bits |= bit;
    else this.#bits &= ~bit;
  }

  /** The name; undefined until all of it was heard. */
  get name(): number | undefined {
    return this.#known === NAMES - 1 ? this.#bits : undefined;
  }
}
