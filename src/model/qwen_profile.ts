import type {
  ErrorRule,
  ModelProfile,
  Persona,
  ServerEventType,
} from "./profile.ts";
import {
  ANSWER_EVENTS,
  CLIENT_EVENTS,
  SHARED_SERVER_EVENTS,
} from "./realtime_event_names.ts";
import { nestedTools } from "./session_tools.ts";
import { type ProfileOverrides, settleProfile } from "./settle_profile.ts";

const URL_OF_API = "wss://dashscope.aliyuncs.com/api-ws/v1/realtime";
const INPUT_RATE_HZ = 16000;
const OUTPUT_RATE_HZ = 24000;
const SESSION_LIMIT_MS = 120 * 60_000;
/** Its detector's own scale is 0 to 1; StepFun's energies mean nothing to it. */
const THRESHOLD = 0.5;

const SERVER_EVENTS: ReadonlyMap<string, ServerEventType> = new Map<
  string,
  ServerEventType
>([
  ...SHARED_SERVER_EVENTS,
  ...ANSWER_EVENTS,
  // Pieces, and not the text so far; the whole comes when it is complete.
  ["conversation.item.input_audio_transcription.delta", "ignored"],
  ["conversation.item.input_audio_transcription.text", "ignored"],
  ["conversation.item.input_audio_transcription.failed", "ignored"],
  ["session.finished", "ignored"],
]);

const ERROR_RULES: readonly ErrorRule[] = [
  { contains: "no active response", means: "nothing_running" },
  { contains: "no ongoing response", means: "nothing_running" },
  { contains: "no response is in progress", means: "nothing_running" },
  { contains: "another response is in progress", means: "already_running" },
  { contains: "already has an active response", means: "already_running" },
  { contains: "invalid_api_key", means: "unauthorized" },
  { contains: "invalidapikey", means: "unauthorized" },
  { contains: "incorrect api key", means: "unauthorized" },
  { contains: "arrearage", means: "payment" },
  { contains: "insufficient_quota", means: "payment" },
  { contains: "server_error", means: "peer" },
];

/**
 * The profile of a model of Qwen-Omni-Realtime, Alibaba Cloud. Any thread.
 * Throws as {@linkcode settleProfile} does. Source: Model Studio's
 * reference of client and server events; not tried with a live key.
 */
export function qwenProfile(
  model: string,
  overrides: ProfileOverrides = {},
): ModelProfile {
  return settleProfile({
    supplier: "qwen",
    model,
    url: URL_OF_API,
    inputRateHz: INPUT_RATE_HZ,
    outputRateHz: OUTPUT_RATE_HZ,
    // Its reference has no such event.
    capabilities: { truncate: false },
    clientEvents: CLIENT_EVENTS,
    serverEvents: SERVER_EVENTS,
    errorRules: ERROR_RULES,
    sessionLimitMs: SESSION_LIMIT_MS,
    assistantContent: "text",
    session: qwenSession,
  }, overrides);
}

function qwenSession(
  { instructions, voice, turnDetection, functions }: Persona,
) {
  return {
    modalities: ["text", "audio"],
    instructions,
    voice,
    // The rates are fixed: 16 kHz in, 24 kHz out.
    input_audio_format: "pcm",
    output_audio_format: "pcm",
    turn_detection: {
      type: "server_vad",
      threshold: THRESHOLD,
      prefix_padding_ms: turnDetection.prefixPaddingMs,
      silence_duration_ms: turnDetection.silenceDurationMs,
      create_response: true,
      // We cancel, because we know what the caller has heard.
      interrupt_response: false,
    },
    ...nestedTools({ functions }),
  };
}
