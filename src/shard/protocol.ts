import type { RingPlace } from "../ring/layout.ts";
import type {
  Assistant,
  FunctionCall,
  ModelFailure,
  SupplierOutcome,
  Utterance,
} from "./speech_model.ts";

export type {
  Assistant,
  FunctionCall,
  ModelFailure,
  SupplierOutcome,
  Utterance,
};

/** What becomes of a call when the caller has heard what the model says to a function: who speaks into a farewell is not hung up on. */
export type AfterFunction =
  | { readonly do: "hang_up" }
  | { readonly do: "transfer"; readonly to: string };

/** What a function has returned to the model that called it. */
export interface FunctionAnswer {
  /** That of the {@linkcode FunctionCall}. */
  readonly id: string;
  /** For the model; text, e.g. JSON. */
  readonly output: string;
  /** Set when the conversation is over with what the model says to that. */
  readonly after?: AfterFunction;
}

/** Where a supplier's models are and how to get in. */
export interface SupplierSettings {
  readonly url: string;
  readonly apiKey: string;
  /** Overrides the rate of the model's profile, in hertz. */
  readonly inputRateHz?: number;
  /** Overrides the rate of the model's profile, in hertz. */
  readonly outputRateHz?: number;
}

/** How the models of a shard are reached, and reached again. */
export interface ModelSettings {
  /** By name; has every supplier of every assistant. */
  readonly suppliers: Readonly<Record<string, SupplierSettings>>;
  /** How long one connection may take to be ready, in milliseconds. */
  readonly openTimeoutMs: number;
  /** Connections that are tried with one supplier before the next has its turn. */
  readonly attempts: number;
  /** A call whose model stays away for longer is given up, in milliseconds. */
  readonly giveUpMs: number;
  /** How much of the history a new conversation is given, about. */
  readonly historyTokens: number;
}

/** What a shard's thread is given at its start. */
export interface ShardMemory {
  /** Ledger of the descriptors that it opens by system calls of its own; undefined where it is to open none. */
  readonly descriptors?: SharedArrayBuffer;
}

/** What a shard needs to know before its first call; sent once, first. */
export interface ShardSettings {
  readonly shard: number;
  /** Shared memory that tells how many messages were posted to the shard. */
  readonly mail: SharedArrayBuffer;
  /** Shared memory of the doorbell that the main thread presses when a call has something to do. */
  readonly doorbell: SharedArrayBuffer;
  /** Shared memory of the mark that the shard leaves of whose work it has in hand. */
  readonly workMark: SharedArrayBuffer;
  readonly model: ModelSettings;
  /** Caller speech in one message to the model, in milliseconds. */
  readonly uplinkBatchMs: number;
  /** A caller who hears nothing for so long while the model is away hears a soft tone, in milliseconds; 0 for never. */
  readonly fillerAfterMs: number;
  /** A caller who says nothing for so long is asked, and then taken leave of, in milliseconds; 0 for never. */
  readonly callerSilenceMs: number;
  readonly resampler: "polyphase" | "libsamplerate";
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly showPii: boolean;
}

/** Main thread → shard. */
export type ToShard =
  | { readonly type: "start"; readonly settings: ShardSettings }
  | {
    readonly type: "open";
    readonly callId: string;
    /** Names the call in the mark that a shard leaves of what it works on; greater than 0. */
    readonly serial: number;
    readonly assistant: Assistant;
    /** Set when the conversation goes on that another shard or node has begun. */
    readonly resume?: Resumption;
    /** Whether the other side has put the caller on hold; not unless told. */
    readonly held?: boolean;
  }
  | {
    readonly type: "attach";
    readonly callId: string;
    /** The call's rings; see `ring/layout.ts`. */
    readonly rings: RingPlace;
    readonly rateHz: number;
    readonly frameSamples: number;
  }
  | { readonly type: "dtmf"; readonly callId: string; readonly digit: string }
  | { readonly type: "hold"; readonly callId: string; readonly isHeld: boolean }
  /** Answers `function`. */
  | {
    readonly type: "function_answer";
    readonly callId: string;
    readonly answer: FunctionAnswer;
  }
  | { readonly type: "close"; readonly callId: string }
  /** The suppliers that are not to be tried while another one is left. */
  | { readonly type: "suppliers"; readonly unavailable: readonly string[] }
  /** Are you alive? Answered by `pong`. */
  | { readonly type: "ping" };

/** What a session needs to go on where another was cut off. */
export interface Resumption {
  readonly history: readonly Utterance[];
  /** What the caller waits for: an answer, the rest of one, to hear that nobody has answered where the call was sent, or nothing. */
  readonly owed: "answer" | "rest" | "transfer" | "nothing";
}

/** A change of a call's transcript: an utterance is put in at an index, or takes the place of the one there. */
export interface TranscriptChange {
  readonly change: "insert" | "replace";
  readonly index: number;
  readonly utterance: Utterance;
  /** How much of it the caller has yet to hear, in milliseconds; 0 for the caller's own. */
  readonly leftMs: number;
}

/** Why a session thinks that the conversation is over: the caller says nothing, or what is to follow a function. */
export type FinishReason =
  | { readonly by: "silence" }
  | { readonly by: "function"; readonly after: AfterFunction };

/** Something that happened in a session and is counted or logged; never on the audio path. */
export type SessionFact =
  /** The caller speaks: whoever goes on with the call owes an answer. */
  | { readonly fact: "turn_began" }
  /** The caller has stopped speaking; an answer is awaited. */
  | { readonly fact: "turn_ended" }
  | { readonly fact: "turn"; readonly latencyMs: number }
  | {
    readonly fact: "barge_in";
    /** From the model's notice that the caller speaks to the last old frame. */
    readonly stopMs: number;
    /** What the caller heard of the interrupted response. */
    readonly heardMs: number;
  }
  | {
    readonly fact: "complaint";
    readonly kind: "race" | "mistake" | "peer";
    readonly message: string;
  }
  | { readonly fact: "underrun"; readonly reason: "model" | "shard" }
  | { readonly fact: "playout_overflow"; readonly droppedMs: number }
  | ({ readonly fact: "said" } & TranscriptChange)
  | { readonly fact: "model_lost"; readonly kind: ModelFailure }
  | {
    readonly fact: "model_regained";
    readonly supplier: string;
    readonly gapMs: number;
    readonly attempts: number;
  }
  | { readonly fact: "model_renewed" }
  /** A resumed conversation has its model. */
  | { readonly fact: "resumed"; readonly supplier: string }
  /** The caller has said nothing for long and was asked. */
  | { readonly fact: "silent_caller" };

/** What one supplier has done for a call. */
export interface SupplierUsage {
  readonly supplier: string;
  /** Speech sent to it. */
  readonly uplinkMs: number;
  /** Speech received of it. */
  readonly downlinkMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** How a session went, told when it is over. */
export interface SessionSummary {
  readonly turns: number;
  readonly bargeIns: number;
  readonly heardMs: number;
  readonly usage: readonly SupplierUsage[];
}

/** Shard → main thread. */
export type FromShard =
  | { readonly type: "started" }
  /** The session's model takes audio. */
  | { readonly type: "opened"; readonly callId: string }
  /** The model could not be had or was lost; the session waits for `close`. */
  | {
    readonly type: "failed";
    readonly callId: string;
    readonly kind: string;
    readonly message: string;
  }
  /** Answers `close`: nothing of the session is left and its rings are untouched from now on. */
  | {
    readonly type: "closed";
    readonly callId: string;
    readonly summary: SessionSummary;
  }
  | {
    readonly type: "fact";
    readonly callId: string;
    readonly fact: SessionFact;
  }
  /** The model calls a function, and waits for its answer. */
  | {
    readonly type: "function";
    readonly callId: string;
    readonly call: FunctionCall;
  }
  /** The conversation is over in the session's eyes; it waits for `close`. */
  | {
    readonly type: "finished";
    readonly callId: string;
    readonly reason: FinishReason;
  }
  /** What a supplier did with a conversation. */
  | {
    readonly type: "supplier";
    readonly supplier: string;
    readonly outcome: SupplierOutcome;
  }
  /** Answers `ping`. */
  | { readonly type: "pong" }
  | { readonly type: "log"; readonly line: string };
