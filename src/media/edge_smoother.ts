/** A cut in speech is rounded off over this long, in milliseconds. */
const RAMP_MS = 5;
/** A level below which a cut cannot be heard as a click. */
const QUIET = 32;

/**
 * Takes the click out of speech that stops in mid-wave, at a barge-in or an
 * underrun, and of speech that resumes after an underrun. Frames of unbroken
 * speech pass untouched. Main thread; allocates nothing.
 */
export class EdgeSmoother {
  #rampSamples: number;
  #last = 0;
  #broken = false;

  constructor(rateHz: number) {
    this.#rampSamples = Math.round(rateHz * RAMP_MS / 1000);
  }

  /** Passes a frame of speech on its way out. */
  speech(frame: Int16Array): void {
    if (this.#broken) fadeIn(frame, this.#rampSamples);
    this.#broken = false;
    this.#last = frame[frame.length - 1];
  }

  /**
   * There is no frame. Fills `frame` with a way down to silence and returns
   * true when leaving it out would click. `underrun` says that speech will resume.
   */
  gap(frame: Int16Array, underrun: boolean): boolean {
    if (underrun) this.#broken = true;
    const from = this.#last;
    this.#last = 0;
    if (Math.abs(from) <= QUIET) return false;
    frame.fill(0);
    const length = Math.min(this.#rampSamples, frame.length);
    for (let i = 0; i < length; i++) {
      frame[i] = Math.round(from * raisedCosine(1 - (i + 1) / length));
    }
    return true;
  }
}

function fadeIn(frame: Int16Array, rampSamples: number): void {
  const length = Math.min(rampSamples, frame.length);
  for (let i = 0; i < length; i++) {
    frame[i] = Math.round(frame[i] * raisedCosine(i / length));
  }
}

function raisedCosine(position: number): number {
  return 0.5 - 0.5 * Math.cos(Math.PI * position);
}
