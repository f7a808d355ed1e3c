import type {
  CreateSpeechModel,
  FunctionCall,
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
  #calls = new Set<string>();
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

  get awaitsFunction(): boolean {
    return this.#calls.size > 0;
  }

  /** Calls a function, and waits for what it returns. */
  callFunction(call: FunctionCall): void {
    this.#calls.add(call.id);
    this.says.functionCalled(call);
  }

  /** Waits for no function any more, as when its response was cut short. */
  forgetCalls(): void {
    this.#calls.clear();
  }

  answerFunction(id: string, output: string): boolean {
    if (!this.#calls.delete(id)) return false;
    this.told.push(`answer ${id} ${output}`);
    return true;
  }

  interrupt(heardMs: number): void {
    this.told.push(`interrupt ${heardMs}`);
  }

  quiet(): void {
    this.quiets++;
  }

  abandon(failure: ModelError): void {
    this.told.push(`abandon ${failure.kind}`);
    this.forgetCalls();
    this.says.lost(failure);
  }

  close(): void {
    this.closings++;
  }
}
