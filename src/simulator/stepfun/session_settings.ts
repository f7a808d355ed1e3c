import type { VadSettings } from "./turn_detector.ts";

/** What a session was told to be. */
export interface SessionSettings {
  readonly model: string;
  readonly instructions: string;
  readonly voice: string;
  /** Undefined: the client commits its turns itself. */
  readonly vad: VadSettings | undefined;
  /** Whether the end of a turn makes the model answer by itself. */
  readonly answersTurns: boolean;
  /** Whether speech of the caller ends an answer by itself. */
  readonly yields: boolean;
  readonly tools: readonly unknown[];
}

/** What an update is judged by. */
export interface UpdateContext {
  readonly vadDefaults: VadSettings;
  /** Those that the session may name; the first is its own until it names one. */
  readonly voices: readonly string[];
  /** Whether the model has spoken in this session. */
  readonly spoke: boolean;
}

/** JSON of a session's configuration. */
export type SessionFields = Readonly<Record<string, unknown>>;

/** How a dialect reads and shows a session's configuration. */
export interface SessionShape {
  /**
   * The settings after an update that does not name another model. Throws
   * ProtocolError for a bad shape and RemoteError, with the service's words, for
   * what it does not take.
   */
  update(
    current: SessionSettings,
    update: SessionFields,
    context: UpdateContext,
  ): SessionSettings;
  /** The session as session.created and session.updated show it. */
  describe(
    settings: SessionSettings,
    event: "created" | "updated",
  ): SessionFields;
}

/** The settings of a new session. Any thread. */
export function initialSettings(model: string, voice: string): SessionSettings {
  return {
    model,
    instructions: "",
    voice,
    vad: undefined,
    answersTurns: true,
    yields: false,
    tools: [],
  };
}
