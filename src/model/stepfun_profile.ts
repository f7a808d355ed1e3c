import type {
  ErrorRule,
  ModelProfile,
  Persona,
  ServerEventType,
} from "./profile.ts";
import {
  ANSWER_EVENTS,
  CLIENT_EVENTS,
  DELETE_ITEM,
  SHARED_SERVER_EVENTS,
} from "./realtime_event_names.ts";
import { nestedTools } from "./session_tools.ts";
import { type ProfileOverrides, settleProfile } from "./settle_profile.ts";

const URL_OF_API = "wss://api.stepfun.com/v1/realtime";
const OUTPUT_RATE_HZ = 24000;
const NEWER_INPUT_RATE_HZ = 24000;
const SESSION_LIMIT_MS = 30 * 60_000;

// StepFun documents no input rate: its integrators send these two 16 kHz, its
// own console sends the newer models 24 kHz.
const INPUT_RATES_HZ: ReadonlyMap<string, number> = new Map([
  ["step-audio-2", 16000],
  ["step-audio-2-mini", 16000],
]);

const SERVER_EVENTS: ReadonlyMap<string, ServerEventType> = new Map<
  string,
  ServerEventType
>([
  ...SHARED_SERVER_EVENTS,
  ...ANSWER_EVENTS,
  ["conversation.item.input_audio_transcription.delta", "caller_partial"],
  ["response.thinking.delta", "ignored"],
  ["response.thinking.done", "ignored"],
  ["response.cancelled", "response_cancelled"],
]);

const ERROR_RULES: readonly ErrorRule[] = [
  { contains: "no ongoing response to cancel", means: "nothing_running" },
  { contains: "ongoing response already exists", means: "already_running" },
  { contains: "invalid_api_key", means: "unauthorized" },
  { contains: "incorrect api key", means: "unauthorized" },
  { contains: "insufficient_quota", means: "payment" },
  { contains: "insufficient balance", means: "payment" },
  { contains: "exceeded your current quota", means: "payment" },
  { contains: "commit when server vad", means: "mistake" },
  { contains: "item.role must be", means: "mistake" },
  { contains: "continue_final_message", means: "mistake" },
  { contains: "invalid event format", means: "mistake" },
];

/**
 * The profile of a model of StepFun. Any thread. Throws as
 * {@linkcode settleProfile} does.
 */
export function stepFunProfile(
  model: string,
  overrides: ProfileOverrides = {},
): ModelProfile {
  return settleProfile({
    supplier: "stepfun",
    model,
    url: URL_OF_API,
    inputRateHz: INPUT_RATES_HZ.get(model) ?? NEWER_INPUT_RATE_HZ,
    outputRateHz: OUTPUT_RATE_HZ,
    // Undocumented, but StepFun's own console sends it and it was answered.
    capabilities: { truncate: true },
    clientEvents: { ...CLIENT_EVENTS, deleteItem: DELETE_ITEM },
    serverEvents: SERVER_EVENTS,
    errorRules: ERROR_RULES,
    sessionLimitMs: SESSION_LIMIT_MS,
    assistantContent: "text",
    session: stepFunSession,
  }, overrides);
}

function stepFunSession(persona: Persona) {
  const { prefixPaddingMs, silenceDurationMs, energyAwakenessThreshold } =
    persona.turnDetection;
  return {
    modalities: ["text", "audio"],
    instructions: persona.instructions,
    voice: persona.voice,
    input_audio_format: "pcm16",
    output_audio_format: "pcm16",
    turn_detection: {
      type: "server_vad",
      prefix_padding_ms: prefixPaddingMs,
      silence_duration_ms: silenceDurationMs,
      energy_awakeness_threshold: energyAwakenessThreshold,
    },
    ...nestedTools(persona),
  };
}
