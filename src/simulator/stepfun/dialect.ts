import { ProtocolError, RemoteError } from "../../errors.ts";
import {
  OPENAI_SERVER_EVENTS,
  QWEN_SERVER_EVENTS,
  type ServerEventNames,
  STEPFUN_SERVER_EVENTS,
} from "./event_names.ts";
import { OPENAI_SESSION } from "./openai_session.ts";
import { QWEN_SESSION } from "./qwen_session.ts";
import type { SessionShape } from "./session_settings.ts";
import { STEPFUN_SESSION } from "./stepfun_session.ts";

/** Whose protocol is spoken. */
export const DIALECT_NAMES = ["stepfun", "qwen", "openai"] as const;
/** One of {@linkcode DIALECT_NAMES}. */
export type DialectName = (typeof DIALECT_NAMES)[number];

/** An error as it stands in an error event. */
export interface ErrorWords {
  readonly type: string;
  readonly code: string;
  readonly message: string;
}

/** Options of a simulation that each dialect has its own defaults for. */
export interface DialectDefaults {
  readonly models: readonly string[];
  readonly inputRateHz: number;
  readonly cancelAnswer: "incomplete" | "cancelled" | "cancelled_then_done";
  readonly truncation: boolean;
  readonly sessionLimitMs: number;
}

/** What one supplier does differently from the others; data, any thread. */
export interface Dialect {
  readonly serverEvents: ServerEventNames;
  readonly session: SessionShape;
  readonly path: string;
  /** What a simulation has unless it is told. */
  readonly defaults: DialectDefaults;
  /** Voices of a model, its own first. */
  readonly voicesOf: (model: string) => readonly string[];
  /** Types of the content of a message that a client adds. */
  readonly content: Readonly<Record<"user" | "assistant", readonly string[]>>;
  /** Type of the part that carries an answer's audio. */
  readonly audioPart: "audio" | "output_audio";
  /** Whether a partial transcript carries all of it so far, and not what is new. */
  readonly wholePartials: boolean;
  /** Whether an answer is refused while nothing was said. */
  readonly needsHistory: boolean;
  /** The service's words for a complaint of the simulator's. */
  readonly describeError: (error: RemoteError | ProtocolError) => ErrorWords;
}

const MINI_VOICES = ["qingchunshaonv", "wenrounansheng"];
const STEP_AUDIO_2_VOICES = [
  ...MINI_VOICES,
  "elegantgentle-female",
  "livelybreezy-female",
];
const STEPFUN_VOICES = [
  ...STEP_AUDIO_2_VOICES,
  "linjiajiejie",
  "cixingnansheng",
  "zhengpaiqingnian",
  "wenrounvsheng",
];
const QWEN_VOICES = ["Cherry", "Chelsie", "Serena", "Ethan"];
const OPENAI_VOICES = [
  "marin",
  "cedar",
  "alloy",
  "ash",
  "ballad",
  "coral",
  "echo",
  "sage",
  "shimmer",
  "verse",
];

/** What OpenAI says where StepFun has other words; Qwen's are much like it. */
const OPENAI_WORDS: Readonly<Record<string, Omit<ErrorWords, "type">>> = {
  "no ongoing response to cancel": {
    code: "response_cancel_not_active",
    message: "Cancellation failed: no active response found",
  },
  "ongoing response already exists": {
    code: "conversation_already_has_active_response",
    message:
      "Conversation already has an active response in progress. Wait until the response is finished before creating a new one.",
  },
};

const STEPFUN: Dialect = {
  serverEvents: STEPFUN_SERVER_EVENTS,
  session: STEPFUN_SESSION,
  path: "/v1/realtime",
  defaults: {
    models: [
      "step-audio-2",
      "step-audio-2-mini",
      "stepaudio-2.5-realtime",
      "stepaudio-3-realtime-preview",
      "step-1o-audio",
      "step-audio-r1.5",
    ],
    inputRateHz: 16_000,
    cancelAnswer: "incomplete",
    truncation: true,
    sessionLimitMs: 30 * 60_000,
  },
  voicesOf: (model) => {
    if (model === "step-audio-2-mini") return MINI_VOICES;
    return model === "step-audio-2" ? STEP_AUDIO_2_VOICES : STEPFUN_VOICES;
  },
  content: { user: ["input_text", "text"], assistant: ["text"] },
  audioPart: "audio",
  wholePartials: true,
  needsHistory: true,
  describeError: (error) => {
    const refused = error instanceof RemoteError;
    return {
      type: refused ? "invalid_request_error" : "request_params_invalid",
      // Seen: a string, although it is a number.
      code: refused ? "invalid_request" : "400",
      message: refused ? error.message : "invalid event format",
    };
  },
};

const QWEN: Dialect = {
  ...STEPFUN,
  serverEvents: QWEN_SERVER_EVENTS,
  session: QWEN_SESSION,
  path: "/api-ws/v1/realtime",
  defaults: {
    models: [
      "qwen3.5-omni-flash-realtime",
      "qwen3.5-omni-plus-realtime",
      "qwen3-omni-flash-realtime",
    ],
    inputRateHz: 16_000,
    cancelAnswer: "cancelled_then_done",
    truncation: false,
    sessionLimitMs: 120 * 60_000,
  },
  voicesOf: () => QWEN_VOICES,
  content: { user: ["input_text"], assistant: ["text"] },
  wholePartials: false,
  needsHistory: false,
  describeError: describeOpenaiError,
};

const OPENAI: Dialect = {
  ...QWEN,
  serverEvents: OPENAI_SERVER_EVENTS,
  session: OPENAI_SESSION,
  path: "/v1/realtime",
  defaults: {
    models: ["gpt-realtime", "gpt-realtime-mini"],
    inputRateHz: 24_000,
    cancelAnswer: "cancelled_then_done",
    truncation: true,
    sessionLimitMs: 60 * 60_000,
  },
  voicesOf: () => OPENAI_VOICES,
  content: { user: ["input_text"], assistant: ["output_text"] },
  audioPart: "output_audio",
};

/** Every dialect by its name. Any thread. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  stepfun: STEPFUN,
  qwen: QWEN,
  openai: OPENAI,
};

function describeOpenaiError(error: RemoteError | ProtocolError): ErrorWords {
  const words = OPENAI_WORDS[error.message] ??
    { code: "invalid_value", message: error.message };
  return { type: "invalid_request_error", ...words };
}
