/** Speech is repeated, ever fainter, for this long, in milliseconds; what is missing beyond is silence. */
const FADE_MS = 60;
/** The repeated speech goes over into the frame that follows in this long, in milliseconds. */
const BLEND_MS = 5;
const NOTHING = new Int16Array(0);

/**
 * Makes up frames of the caller that are missing: the last one mirrored to and
 * fro, so that no sample jumps, and faded out. One thread.
 */
export class Concealment {
  #last: Int16Array = NOTHING;
  #blendSamples: number;
  #fadeSamples: number;
  /** Samples made up since the last frame that came; silent ones beyond the fade are not counted. */
  #madeUp = 0;

  constructor(rateHz: number) {
    this.#blendSamples = Math.round(rateHz * BLEND_MS / 1000);
    this.#fadeSamples = rateHz * FADE_MS / 1000;
  }

  /** Fills `target` with what stands for one missing frame; `last` is asked once a hole for the last one that came, which is kept. */
  fill(target: Int16Array, last: () => Int16Array): void {
    if (this.#madeUp === 0) this.#last = last();
    for (let i = 0; i < target.length; i++) target[i] = this.#next();
  }

  /** Passes a frame that came: its beginning is blended when frames before it were made up. */
  pass(frame: Int16Array): void {
    if (this.#madeUp === 0) return;
    const length = Math.min(this.#blendSamples, frame.length);
    for (let i = 0; i < length; i++) {
      const weight = raisedCosine((i + 1) / (length + 1));
      frame[i] = Math.round(frame[i] * weight + this.#next() * (1 - weight));
    }
    this.#madeUp = 0;
    this.#last = NOTHING;
  }

  #next(): number {
    if (this.#madeUp >= this.#fadeSamples) return 0;
    const last = this.#last;
    const place = this.#madeUp % last.length;
    const backwards = Math.floor(this.#madeUp / last.length) % 2 === 0;
    const sample = last[backwards ? last.length - 1 - place : place];
    this.#madeUp++;
    return Math.round(
      sample * raisedCosine(1 - this.#madeUp / this.#fadeSamples),
    );
  }
}

function raisedCosine(position: number): number {
  return 0.5 - 0.5 * Math.cos(Math.PI * position);
}
