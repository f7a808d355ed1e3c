import { RemoteError } from "../errors.ts";

/** How a server-side voice activity detector cuts the caller's speech into turns. */
export interface TurnDetection {
  readonly prefixPaddingMs: number;
  readonly silenceDurationMs: number;
  /** StepFun's threshold, 0 to 5000; other suppliers have their own scale. */
  readonly energyAwakenessThreshold: number;
}

/** One model of one supplier, and the voice it is to have. */
export interface SupplierChoice {
  /** A supplier that the settings know, e.g. `stepfun`. */
  readonly supplier: string;
  readonly model: string;
  readonly voice: string;
}

/** A function of ours that the model may call. */
export interface FunctionSpec {
  readonly name: string;
  /** Tells the model what it is for, and when to call it. */
  readonly description: string;
  /** JSON Schema of the object of its arguments. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The model calls a function; the arguments are personal data. */
export interface FunctionCall {
  /** Names the call in its conversation. */
  readonly id: string;
  readonly name: string;
  /** JSON text as the model wrote it, which may be anything. */
  readonly arguments: string;
}

/** Who answers the call; read from the assistants file. */
export interface Assistant {
  readonly id: string;
  readonly name: string;
  /** In the order in which they are tried; at least one. */
  readonly suppliers: readonly SupplierChoice[];
  readonly instructions: string;
  /** What the assistant says first; none when it waits for the caller. */
  readonly greeting?: string;
  readonly turnDetection: TurnDetection;
  /** What it may have done for the caller; none when left out. */
  readonly functions?: readonly FunctionSpec[];
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

/** What a supplier did with a conversation: it was opened or why not, it gave its first sound, or nothing came of it. */
export type SupplierOutcome = "ok" | "answered" | "abandoned" | ModelFailure;

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

/** Something that was said in a conversation; personal data. */
export interface Utterance {
  readonly role: "caller" | "assistant";
  readonly text: string;
}

/** What one conversation with a model tells. All are called on the shard's thread, never after `closed`. */
export interface ConversationEvents {
  /** The caller began to speak. */
  speechStarted(): void;
  /** The caller stopped speaking. */
  speechStopped(): void;
  /** A response began; audio of it may follow. */
  responseStarted(): void;
  /** Speech of the running response, mono at `outputRateHz`; the array is valid during the call only. */
  audio(samples: Int16Array): void;
  /** The running response has said what it had to say, unless more comes after all. */
  audioEnded(): void;
  /** The running response ended; called once for each `responseStarted`. */
  responseEnded(status: ResponseStatus, usage?: ModelUsage): void;
  /**
   * What the caller said, once for each utterance; personal data. `turnsAgo`:
   * how often the caller has stopped since then, 0 for the newest turn that is
   * over and -1 for one that goes on; undefined when nothing tells.
   */
  callerSaid(text: string, turnsAgo?: number): void;
  /** What the assistant says in this response, whole, when it is known; personal data. */
  assistantSaid(text: string): void;
  /** The model calls a function of ours, and is to be answered once by its id. */
  functionCalled(call: FunctionCall): void;
  /** Something went wrong that the call survives. */
  complaint(complaint: ModelComplaint): void;
  /** The model is gone; undefined when we closed it. Called at most once, after `open` was resolved. */
  closed(failure?: ModelError): void;
}

/** How a model that was lost is there again. */
export interface ModelRegained {
  readonly supplier: string;
  readonly model: string;
  /** For so long nobody could have answered, in milliseconds. */
  readonly gapMs: number;
  /** Connections that were tried. */
  readonly attempts: number;
}

/** What a model tells its session. All are called on the shard's thread, never after `closed`, which comes when every supplier was tried in vain. */
export interface SpeechModelEvents extends ConversationEvents {
  /** The conversation was lost and another is being opened; a response that ran has ended before. */
  lost(failure: ModelError): void;
  /** A new conversation takes audio and has been given the history; the rates may be others now. */
  regained(how: ModelRegained): void;
  /** A new conversation of the same supplier has taken the place of the old one, whose time was nearly over; nothing was lost. */
  renewed(): void;
}

/** A speech model that answers one call, over as many conversations as it takes. Worker thread. */
export interface SpeechModel {
  /** Who answers now, or did last. */
  readonly supplier: string;
  /** Rate of the samples it wants, in hertz. */
  readonly inputRateHz: number;
  /** Rate of the samples it gives, in hertz. */
  readonly outputRateHz: number;

  /**
   * Connects, configures and gives the history; resolves when the model takes
   * audio. Rejects with ModelError when every supplier was tried in vain, or with
   * the signal's reason; nothing is left open then.
   */
  open(signal: AbortSignal): Promise<void>;

  /** Sends speech of the caller, mono at `inputRateHz`; copied before it returns. Dropped when not open, and between `lost` and `regained`. */
  appendAudio(samples: Int16Array): void;

  /**
   * Adds a message of the user as text and asks for an answer, at once or when
   * the running response has ended. Bounded: the oldest of more than 8 waiting is dropped.
   */
  sendText(text: string): void;

  /** Whether a function that it has called has not returned yet. */
  readonly awaitsFunction: boolean;

  /**
   * Tells what a function has returned, and asks for an answer to that when the
   * response that called it is over. False for an id that nobody waits for: of a
   * response that was cut short, or of a conversation that is gone.
   */
  answerFunction(id: string, output: string): boolean;

  /**
   * Stops the running response, of which the caller has heard `heardMs`
   * milliseconds; what still arrives of it is dropped. When none runs, the caller
   * has stopped listening to the newest that is over, and the model is told so.
   */
  interrupt(heardMs: number): void;

  /** Nobody speaks and nothing is being played: a renewal that is due may happen now. Cheap; called often. */
  quiet(): void;

  /** Gives the running conversation up, because it does not answer; `lost` follows at once. */
  abandon(failure: ModelError): void;

  /** Ends the conversation; may be called twice, at any time. */
  close(): void;
}

/** What a model needs to know of its call. */
export interface SpeechModelOptions {
  readonly assistant: Assistant;
  readonly events: SpeechModelEvents;
  /** What was said so far, oldest first; asked for at each new conversation. */
  readonly history: () => readonly Utterance[];
  /** Whether a conversation goes on that was begun: then it is tried for longer. */
  readonly inMidCall?: boolean;
}

/** Makes a model that is not open yet. */
export type CreateSpeechModel = (options: SpeechModelOptions) => SpeechModel;
