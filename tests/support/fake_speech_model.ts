import type {
  CreateSpeechModel,
  SpeechModel,
  SpeechModelEvents,
} from "../../src/shard/speech_model.ts";

/** A speech model that says what a test has it say, and keeps what it is told. */
export class FakeSpeechModel implements SpeechModel {
  readonly inputRateHz = 16000;
  readonly outputRateHz = 8000;
  /** What the session did: texts, and interruptions with what was heard. */
  readonly told: string[] = [];
  readonly appended: Int16Array[] = [];
  readonly opening = Promise.withResolvers<void>();
  closings = 0;
  signal?: AbortSignal;
  #events?: SpeechModelEvents;

  /** Makes this model, once. */
  readonly create: CreateSpeechModel = (_assistant, events) => {
    this.#events = events;
    return this;
  };

  /** What it tells its session. */
  get says(): SpeechModelEvents {
    return this.#events!;
  }

  open(signal: AbortSignal): Promise<void> {
    this.signal = signal;
    signal.addEventListener(
      "abort",
      () => this.opening.reject(signal.reason),
      { once: true },
    );
    return this.opening.promise;
  }

  appendAudio(samples: Int16Array): void {
    this.appended.push(samples.slice());
  }

  sendText(text: string): void {
    this.told.push(text);
  }

  interrupt(heardMs: number): void {
    this.told.push(`interrupt ${heardMs}`);
  }

  close(): void {
    this.closings++;
  }
}
