import { SampleBuffer } from "./sample_buffer.ts";

/** How speech is told from silence and cut into turns. */
export interface VadSettings {
  readonly prefixPaddingMs: number;
  readonly silenceDurationMs: number;
  /** Root mean square of 10 ms, in units of a 16-bit sample, from which it is speech. */
  readonly energyAwakenessThreshold: number;
}

/** What the detector tells; positions are milliseconds of audio since the session began. */
export interface SpeechEvents {
  started(startMs: number): void;
  /** `samples` are of the receiver: prefix, speech and closing silence; none when they are not kept. */
  stopped(endMs: number, samples: Int16Array): void;
}

/** What a {@linkcode TurnDetector} is made of. */
export interface TurnDetectorOptions {
  readonly rateHz: number;
  readonly settings: VadSettings;
  /** A turn that is longer ends by itself, in milliseconds. */
  readonly maxTurnMs: number;
  /** Whether somebody wants the samples of a turn. */
  readonly keepsSamples: boolean;
}

const BLOCK_MS = 10;
/** A single block is a click; speech lasts longer. */
const ONSET_BLOCKS = 2;

/**
 * Energy voice activity detection over blocks of 10 ms. Any thread. Knows only
 * the audio that it was given: no wall clock, and the same turns for any
 * chunking of the same samples.
 */
export class TurnDetector {
  readonly #blockSamples: number;
  readonly #maxTurnBlocks: number;
  readonly #keepsSamples: boolean;
  readonly #events: SpeechEvents;
  readonly #audio = new SampleBuffer();
  #settings: VadSettings;
  #fill = 0;
  #energy = 0;
  #blocks = 0;
  /** Where the last turn ended: no later turn reaches back beyond it. */
  #freeBlock = 0;
  #turnBlocks = 0;
  #activeRun = 0;
  #silentRun = 0;
  #speaking = false;

  constructor(options: TurnDetectorOptions, events: SpeechEvents) {
    this.#blockSamples = options.rateHz * BLOCK_MS / 1000;
    this.#maxTurnBlocks = options.maxTurnMs / BLOCK_MS;
    this.#keepsSamples = options.keepsSamples;
    this.#settings = options.settings;
    this.#events = events;
  }

  /** Takes other settings from the next block on. */
  configure(settings: VadSettings): void {
    this.#settings = settings;
  }

  /** Listens to samples; events come from inside. */
  process(samples: Int16Array): void {
    let at = 0;
    while (at < samples.length) {
      const missing = this.#blockSamples - this.#fill;
      const end = Math.min(samples.length, at + missing);
      let energy = 0;
      for (let i = at; i < end; i++) energy += samples[i] * samples[i];
      this.#energy += energy;
      if (this.#keepsSamples) this.#audio.append(samples.subarray(at, end));
      this.#fill += end - at;
      at = end;
      if (this.#fill === this.#blockSamples) this.#endBlock();
    }
  }

  /** Forgets a turn that has begun and all earlier audio. */
  clear(): void {
    this.#speaking = false;
    this.#activeRun = 0;
    this.#freeBlock = this.#blocks;
    this.#audio.keepLast(this.#fill);
  }

  #endBlock(): void {
    const threshold = this.#settings.energyAwakenessThreshold;
    const limit = threshold * threshold * this.#blockSamples;
    const active = this.#energy > 0 && this.#energy >= limit;
    this.#fill = 0;
    this.#energy = 0;
    this.#blocks++;
    if (this.#speaking) this.#goOn(active);
    else this.#listen(active);
  }

  #listen(active: boolean): void {
    const prefixBlocks = Math.ceil(this.#settings.prefixPaddingMs / BLOCK_MS);
    const keepBlocks = prefixBlocks + ONSET_BLOCKS;
    const keep = keepBlocks * this.#blockSamples;
    this.#activeRun = active ? this.#activeRun + 1 : 0;
    if (this.#activeRun < ONSET_BLOCKS) {
      // Now and then, because each time moves the samples.
      if (this.#audio.length > keep + 25 * this.#blockSamples) {
        this.#audio.keepLast(keep);
      }
      return;
    }
    this.#audio.keepLast(keep);
    this.#speaking = true;
    this.#silentRun = 0;
    this.#turnBlocks = Math.min(keepBlocks, this.#blocks - this.#freeBlock);
    this.#events.started((this.#blocks - this.#turnBlocks) * BLOCK_MS);
  }

  #goOn(active: boolean): void {
    this.#turnBlocks++;
    this.#silentRun = active ? 0 : this.#silentRun + 1;
    const silentMs = this.#silentRun * BLOCK_MS;
    const pause = !active && silentMs >= this.#settings.silenceDurationMs;
    if (!pause && this.#turnBlocks < this.#maxTurnBlocks) return;
    this.#speaking = false;
    this.#activeRun = 0;
    this.#freeBlock = this.#blocks;
    this.#events.stopped(this.#blocks * BLOCK_MS, this.#audio.take());
  }
}
