import { SampleBuffer } from "./sample_buffer.ts";
import {
  type SpeechEvents,
  TurnDetector,
  type VadSettings,
} from "./turn_detector.ts";

/** What an {@linkcode InputAudio} is made of. */
export interface InputAudioOptions {
  readonly rateHz: number;
  /** Audio beyond this is forgotten, the oldest first. */
  readonly maxTurnMs: number;
  /** Whether somebody wants the samples of a spoken turn. */
  readonly keepsSamples: boolean;
}

/** The audio of the caller that waits for its turn's end: by detection, or by commit. Any thread. */
export class InputAudio {
  readonly #options: InputAudioOptions;
  readonly #events: SpeechEvents;
  #detector: TurnDetector | undefined;
  #waiting = new SampleBuffer();

  constructor(options: InputAudioOptions, events: SpeechEvents) {
    this.#options = options;
    this.#events = events;
  }

  /** Switches detection on, over, or (undefined) off. */
  configure(settings: VadSettings | undefined): void {
    if (settings === undefined) {
      this.#detector = undefined;
    } else if (this.#detector !== undefined) {
      this.#detector.configure(settings);
    } else {
      this.#detector = new TurnDetector(
        { ...this.#options, settings },
        this.#events,
      );
    }
  }

  /** Adds samples; speech events come from inside. */
  append(samples: Int16Array): void {
    if (this.#detector !== undefined) return this.#detector.process(samples);
    const { rateHz, maxTurnMs } = this.#options;
    this.#waiting.append(samples);
    this.#waiting.keepLast(rateHz * maxTurnMs / 1000);
  }

  /** Takes what waits for a commit. */
  take(): Int16Array {
    return this.#waiting.take();
  }

  /** Forgets what waits, a turn that has begun too. */
  clear(): void {
    this.#detector?.clear();
    this.#waiting = new SampleBuffer();
  }
}
