import type {
  FunctionSpec,
  ModelFailure,
  TurnDetection,
} from "../shard/speech_model.ts";

/** What a supplier's event means to us; `ignored` is known and carries nothing that we need. */
export type ServerEventType =
  | "session_created"
  | "session_updated"
  | "error"
  | "speech_started"
  | "speech_stopped"
  | "speech_committed"
  | "caller_partial"
  | "caller_said"
  | "response_created"
  | "response_item"
  | "response_item_done"
  | "audio"
  | "audio_done"
  | "spoken_partial"
  | "spoken"
  | "written_partial"
  | "written"
  | "function_piece"
  | "function_call"
  | "response_cancelled"
  | "response_done"
  | "ignored";

/** The names under which a supplier knows what we send. */
export interface ClientEventNames {
  readonly updateSession: string;
  readonly appendAudio: string;
  readonly createItem: string;
  readonly truncateItem: string;
  /** Left out when it knows no such event. */
  readonly deleteItem?: string;
  readonly createResponse: string;
  readonly cancelResponse: string;
}

/** What an error event means: a race, our mistake, the peer's trouble, or the end of the session. */
export type ErrorMeaning =
  | "nothing_running"
  | "already_running"
  | "mistake"
  | "peer"
  | ModelFailure;

/** An error whose message, type or code contains `contains` (lower case) means `means`. */
export interface ErrorRule {
  readonly contains: string;
  readonly means: ErrorMeaning;
}

/** Who the model is to be. */
export interface Persona {
  readonly instructions: string;
  readonly voice: string;
  readonly turnDetection: TurnDetection;
  readonly functions?: readonly FunctionSpec[];
}

/** What one model of one supplier speaks; data, any thread. */
export interface ModelProfile {
  readonly supplier: string;
  readonly model: string;
  /** Address of the upgrade, the model included. */
  readonly url: string;
  readonly inputRateHz: number;
  readonly outputRateHz: number;
  readonly capabilities: {
    /** Whether it can be told how much of an item was heard. */
    readonly truncate: boolean;
  };
  readonly clientEvents: ClientEventNames;
  readonly serverEvents: ReadonlyMap<string, ServerEventType>;
  /** The first rule that fits decides. */
  readonly errorRules: readonly ErrorRule[];
  /** The longest that one session may last, in milliseconds. */
  readonly sessionLimitMs: number;
  /** Type of the content of an assistant's message that a client adds. */
  readonly assistantContent: "text" | "output_text";
  /** The `session` of the event that configures the conversation. */
  readonly session: (persona: Persona) => Readonly<Record<string, unknown>>;
}
