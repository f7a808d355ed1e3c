import type { Assistant } from "./speech_model.ts";

export type { Assistant };

/** Where a shard's speech model is and how to get in. */
export interface ModelSettings {
  readonly url: string;
  readonly apiKey: string;
  /** Overrides the rate of the model's profile, in hertz. */
  readonly inputRateHz?: number;
  /** Overrides the rate of the model's profile, in hertz. */
  readonly outputRateHz?: number;
}

/** What a shard needs to know before its first call; sent once, first. */
export interface ShardSettings {
  readonly shard: number;
  /** Shared memory of the doorbell that the main thread presses for each uplink frame. */
  readonly doorbell: SharedArrayBuffer;
  readonly model: ModelSettings;
  /** Caller speech in one message to the model, in milliseconds. */
  readonly uplinkBatchMs: number;
  /** How long a model may take to be ready, in milliseconds. */
  readonly modelOpenTimeoutMs: number;
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
    readonly assistant: Assistant;
  }
  | {
    readonly type: "attach";
    readonly callId: string;
    /** The call's rings; see `ring/layout.ts`. */
    readonly rings: SharedArrayBuffer;
    readonly rateHz: number;
    readonly frameSamples: number;
  }
  | { readonly type: "dtmf"; readonly callId: string; readonly digit: string }
  | { readonly type: "close"; readonly callId: string };

/** Something that happened in a session and is counted or logged; never on the audio path. */
export type SessionFact =
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
  | { readonly fact: "playout_overflow"; readonly droppedMs: number };

/** How a session went, told when it is over. */
export interface SessionSummary {
  readonly turns: number;
  readonly bargeIns: number;
  readonly uplinkMs: number;
  readonly downlinkMs: number;
  readonly heardMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
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
  | { readonly type: "log"; readonly line: string };
