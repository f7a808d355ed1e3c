import { RemoteError } from "../errors.ts";

/** How a server-side voice activity detector cuts the caller's speech into turns. */
export interface TurnDetection {
  readonly prefixPaddingMs: number;
  readonly silenceDurationMs: number;
  /** StepFun's threshold, 0 to 5000; other suppliers have their own scale. */
  readonly energyAwakenessThreshold: number;
}

/** Who answers the call; read from the assistants file. */
export interface Assistant {
  readonly id: string;
  readonly name: string;
  readonly model: string;
  readonly voice: string;
  readonly instructions: string;
  /** What the assistant says first; none when it waits for the caller. */
  readonly greeting?: string;
  readonly turnDetection: TurnDetection;
}

/** Why a model could not be had or was lost. */
export type ModelFailure =
  | "unauthorized" // 401 or 403 at the upgrade
  | "payment" // 402
  | "not_found" // 404, or a model that does not exist (400)
  | "rate_limited" // 429
  | "moderated" // 451
  | "overloaded" // 500 to 599
  | "unreachable" // no TCP or TLS connection
  | "timeout" // no answer within the time
  | "protocol" // it broke its own protocol
  | "refused" // an error event that ends the session
  | "closed"; // the socket closed although we did not ask for it

/** The speech model failed; `kind` says how. */
export class ModelError extends RemoteError {
  override name = "ModelError";
  readonly kind: ModelFailure;

  constructor(kind: ModelFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** How a response ended. */
export type ResponseStatus =
  | "completed"
  | "cancelled"
  | "incomplete"
  | "failed";

/** Tokens as the supplier counted them, where it tells. */
export interface ModelUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** An error event that did not end the session. */
export interface ModelComplaint {
  /** `race`: harmless; `mistake`: we sent what we should not; `peer`: the model broke its protocol. */
  readonly kind: "race" | "mistake" | "peer";
  readonly message: string;
}

/** What a model tells its session. All are called on the shard's thread, never after `closed`. */
export interface SpeechModelEvents {
  /** The caller began to speak. */
  speechStarted(): void;
  /** The caller stopped speaking. */
  speechStopped(): void;
  /** A response began; audio of it may follow. */
  responseStarted(): void;
  /** Speech of the running response, mono at `outputRateHz`; the array is valid during the call only. */
  audio(samples: Int16Array): void;
  /** The running response ended; called once for each `responseStarted`. */
  responseEnded(status: ResponseStatus, usage?: ModelUsage): void;
  /** What the caller said, once for each utterance; personal data. */
  callerSaid(text: string): void;
  /** What the assistant says in this response, whole, when it is known; personal data. */
  assistantSaid(text: string): void;
  /** Something went wrong that the call survives. */
  complaint(complaint: ModelComplaint): void;
  /** The model is gone; undefined when we closed it. Called at most once, after `open` was resolved. */
  closed(failure?: ModelError): void;
}

/** One realtime conversation with a speech model. Worker thread. */
export interface SpeechModel {
  /** Rate of the samples it wants, in hertz. */
  readonly inputRateHz: number;
  /** Rate of the samples it gives, in hertz. */
  readonly outputRateHz: number;

  /**
   * Connects and configures; resolves when the model takes audio. Rejects with
   * ModelError, or with the signal's reason; nothing is left open then.
   */
  open(signal: AbortSignal): Promise<void>;

  /** Sends speech of the caller, mono at `inputRateHz`; copied before it returns. Dropped when not open. */
  appendAudio(samples: Int16Array): void;

  /**
   * Adds a message of the user as text and asks for an answer, at once or when
   * the running response has ended. Bounded: the oldest of more than 8 waiting is dropped.
   */
  sendText(text: string): void;

  /**
   * Stops the running response, of which the caller has heard `heardMs`
   * milliseconds; what still arrives of it is dropped. When none runs, the caller
   * has stopped listening to the newest that is over, and the model is told so.
   */
  interrupt(heardMs: number): void;

  /** Ends the conversation; may be called twice, at any time. */
  close(): void;
}

/** Makes a model that is not open yet. */
export type CreateSpeechModel = (
  assistant: Assistant,
  events: SpeechModelEvents,
) => SpeechModel;
