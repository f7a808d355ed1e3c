import type {
  CreateSpeechModel,
  ModelError,
  SpeechModel,
  SpeechModelEvents,
  Utterance,
} from "../../src/shard/speech_model.ts";

/** A speech model that says what a test has it say, and keeps what it is told. */
export class FakeSpeechModel implements SpeechModel {
  supplier = "stepfun";
  inputRateHz = 16000;
  outputRateHz = 8000;
  /** What the session did: texts, and interruptions with what was heard. */
  readonly told: string[] = [];
  readonly appended: Int16Array[] = [];
  readonly opening = Promise.withResolvers<void>();
  closings = 0;
  signal?: AbortSignal;
  quiets = 0;
  #events?: SpeechModelEvents;
  #history: () => readonly Utterance[] = () => [];

  /** Makes this model, once. */
  readonly create: CreateSpeechModel = ({ events, history }) => {
    this.#events = events;
    this.#history = history;
    return this;
  };

  /** What a new conversation would be given. */
  get history(): readonly Utterance[] {
    return this.#history();
  }

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

  answerFunction(id: string, output: string): void {
    this.told.push(`answer ${id} ${output}`);
  }

  interrupt(heardMs: number): void {
    this.told.push(`interrupt ${heardMs}`);
  }

  quiet(): void {
    this.quiets++;
  }

  abandon(failure: ModelError): void {
    this.told.push(`abandon ${failure.kind}`);
    this.says.lost(failure);
  }

  close(): void {
    this.closings++;
  }
}
