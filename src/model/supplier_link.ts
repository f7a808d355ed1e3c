import type {
  ConversationEvents,
  FunctionCall,
  ModelComplaint,
  ModelError,
  ModelUsage,
  ResponseStatus,
} from "../shard/speech_model.ts";
import { RealtimeClient } from "./realtime_client.ts";
import type { RealtimeClientOptions } from "./realtime_client.ts";
import { SILENT_EVENTS } from "./silent_events.ts";

/** Parts of a {@linkcode SupplierLink}. */
export interface SupplierLinkOptions
  extends Omit<RealtimeClientOptions, "events"> {
  /** Index of the supplier among the assistant's. */
  readonly index: number;
  /** It was lost after it was open; not told when we closed it. */
  readonly lost: (link: SupplierLink, failure: ModelError) => void;
  /** It has given its first sound. */
  readonly answered: () => void;
  /** A response of it has ended. */
  readonly responseOver: (link: SupplierLink) => void;
}

/**
 * One conversation and whom it tells: nobody until it serves the call. Worker
 * thread.
 */
export class SupplierLink implements ConversationEvents {
  readonly index: number;
  readonly client: RealtimeClient;
  readonly #options: SupplierLinkOptions;
  #events: ConversationEvents = SILENT_EVENTS;
  #lostBy: ModelError | undefined;
  #isAbandoned = false;
  #isBusy = false;
  #hasAnswered = false;
  #openedMs = 0;

  constructor(options: SupplierLinkOptions) {
    this.index = options.index;
    this.#options = options;
    this.client = new RealtimeClient({ ...options, events: this });
  }

  /** For how long it has been open, in milliseconds. */
  get ageMs(): number {
    return this.#options.nowMs() - this.#openedMs;
  }

  /** Why it was lost after it was open; undefined when it was not. */
  get lostBy(): ModelError | undefined {
    return this.#lostBy;
  }

  /** Whether we ended it because nothing came of it. */
  get isAbandoned(): boolean {
    return this.#isAbandoned;
  }

  /** Whether the caller has the word or waits for an answer, or a response runs, or a function. */
  get isBusy(): boolean {
    return this.#isBusy || this.client.owesAnswer;
  }

  /** Resolves when it takes audio; rejects as {@linkcode RealtimeClient.open} does. */
  async open(signal: AbortSignal): Promise<void> {
    await this.client.open(signal);
    this.#openedMs = this.#options.nowMs();
  }

  /** Asks for an answer to a text; see {@linkcode RealtimeClient.sendText}. */
  sendText(text: string): void {
    this.#isBusy = true;
    this.client.sendText(text);
  }

  /** Ends it as if it had failed so. */
  abandon(failure: ModelError): void {
    this.#isAbandoned = true;
    this.client.abandon(failure);
  }

  /** Tells these from now on. */
  serve(events: ConversationEvents): void {
    this.#events = events;
  }

  speechStarted(): void {
    this.#isBusy = true;
    this.#events.speechStarted();
  }

  speechStopped(): void {
    this.#events.speechStopped();
  }

  responseStarted(): void {
    // Nobody asked for it and nobody would hear it begin, so nobody is to hear it end.
    if (this.#events === SILENT_EVENTS) return this.client.interrupt(0);
    this.#isBusy = true;
    this.#events.responseStarted();
  }

  audio(samples: Int16Array): void {
    if (!this.#hasAnswered) {
      this.#hasAnswered = true;
      this.#options.answered();
    }
    this.#events.audio(samples);
  }

  audioEnded(): void {
    this.#events.audioEnded();
  }

  responseEnded(status: ResponseStatus, usage?: ModelUsage): void {
    // Who cancels has something else in hand.
    if (status !== "cancelled") this.#isBusy = false;
    this.#events.responseEnded(status, usage);
    if (!this.isBusy && status !== "failed") this.#options.responseOver(this);
  }

  callerSaid(text: string, turnsAgo?: number): void {
    this.#events.callerSaid(text, turnsAgo);
  }

  assistantSaid(text: string): void {
    this.#events.assistantSaid(text);
  }

  functionCalled(call: FunctionCall): void {
    this.#events.functionCalled(call);
  }

  complaint(complaint: ModelComplaint): void {
    this.#events.complaint(complaint);
  }

  closed(failure?: ModelError): void {
    if (failure === undefined) return;
    this.#lostBy = failure;
    this.#options.lost(this, failure);
  }
}
