import type { ModelUsage, ResponseStatus } from "../shard/speech_model.ts";

/** Which response and item an event belongs to; suppliers leave either out at times. */
export interface EventOrigin {
  readonly responseId?: string;
  readonly itemId?: string;
}

/** One event of a realtime model, decoded. Texts are personal data. */
export type ServerEvent =
  | { readonly type: "session_created" }
  | { readonly type: "session_updated" }
  | {
    readonly type: "error";
    readonly message: string;
    readonly errorType: string;
    readonly code: string;
  }
  | {
    readonly type: "speech_started" | "speech_stopped" | "speech_committed";
    /** Of the utterance; suppliers name it in one of the three, or in all. */
    readonly itemId?: string;
  }
  | {
    readonly type: "caller_partial" | "caller_said";
    readonly itemId?: string;
    /** All of the utterance so far; undefined when the event has none. */
    readonly text?: string;
  }
  | { readonly type: "response_created"; readonly responseId?: string }
  | (EventOrigin & { readonly type: "response_item" })
  | (EventOrigin & {
    readonly type: "audio";
    readonly samples: Int16Array;
    /** The first half of a sample whose other half is still to come. */
    readonly oddByte?: number;
  })
  | (EventOrigin & {
    readonly type: "audio_done";
  })
  | (EventOrigin & {
    readonly type: "spoken_partial" | "spoken" | "written_partial" | "written";
    readonly text?: string;
  })
  | (EventOrigin & {
    readonly type:
      | "function_named"
      | "function_piece"
      | "function_call"
      | "function_item";
    readonly callId?: string;
    readonly name?: string;
    /** JSON text, a part of it in a `function_piece`. */
    readonly arguments?: string;
  })
  | { readonly type: "response_cancelled"; readonly responseId?: string }
  | {
    readonly type: "response_done";
    readonly responseId?: string;
    readonly status: ResponseStatus;
    readonly usage?: ModelUsage;
    /** Why it failed, in the peer's words. */
    readonly reason?: string;
  }
  | { readonly type: "ignored" }
  | { readonly type: "unknown"; readonly name: string }
  | { readonly type: "violation"; readonly message: string };
