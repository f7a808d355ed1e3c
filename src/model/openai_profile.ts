import type {
  ErrorRule,
  ModelProfile,
  Persona,
  ServerEventType,
} from "./profile.ts";
import {
  CLIENT_EVENTS,
  DELETE_ITEM,
  SHARED_SERVER_EVENTS,
} from "./realtime_event_names.ts";
import { flatTools } from "./session_tools.ts";
import { type ProfileOverrides, settleProfile } from "./settle_profile.ts";

const URL_OF_API = "wss://api.openai.com/v1/realtime";
const RATE_HZ = 24000;
const SESSION_LIMIT_MS = 60 * 60_000;
/** Its detector's own scale is 0 to 1; StepFun's energies mean nothing to it. */
const THRESHOLD = 0.5;
/** Without it nothing tells what the caller said, and the history would have one side. */
const TRANSCRIPTION_MODEL = "gpt-4o-mini-transcribe";

const SERVER_EVENTS: ReadonlyMap<string, ServerEventType> = new Map<
  string,
  ServerEventType
>([
  ...SHARED_SERVER_EVENTS,
  ["conversation.item.added", "ignored"],
  ["conversation.item.done", "ignored"],
  // Pieces, and not the text so far; the whole comes when it is complete.
  ["conversation.item.input_audio_transcription.delta", "ignored"],
  ["conversation.item.input_audio_transcription.failed", "ignored"],
  ["input_audio_buffer.timeout_triggered", "ignored"],
  ["rate_limits.updated", "ignored"],
  ["response.output_audio.delta", "audio"],
  ["response.output_audio.done", "audio_done"],
  ["response.output_audio_transcript.delta", "spoken_partial"],
  ["response.output_audio_transcript.done", "spoken"],
  ["response.output_text.delta", "written_partial"],
  ["response.output_text.done", "written"],
]);

const ERROR_RULES: readonly ErrorRule[] = [
  { contains: "response_cancel_not_active", means: "nothing_running" },
  { contains: "no active response", means: "nothing_running" },
  { contains: "already_has_active_response", means: "already_running" },
  { contains: "already has an active response", means: "already_running" },
  { contains: "invalid_api_key", means: "unauthorized" },
  { contains: "incorrect api key", means: "unauthorized" },
  { contains: "insufficient_quota", means: "payment" },
  { contains: "session_expired", means: "closed" },
  { contains: "rate_limit_exceeded", means: "peer" },
  { contains: "server_error", means: "peer" },
];

/**
 * The profile of a model of OpenAI's Realtime API, general availability. Any
 * thread. Throws as {@linkcode settleProfile} does. Source: OpenAI's reference
 * of the Realtime client and server events; not tried with a live key.
 */
export function openaiProfile(
  model: string,
  overrides: ProfileOverrides = {},
): ModelProfile {
  return settleProfile({
    supplier: "openai",
    model,
    url: URL_OF_API,
    inputRateHz: RATE_HZ,
    outputRateHz: RATE_HZ,
    capabilities: { truncate: true },
    clientEvents: { ...CLIENT_EVENTS, deleteItem: DELETE_ITEM },
    serverEvents: SERVER_EVENTS,
    errorRules: ERROR_RULES,
    sessionLimitMs: SESSION_LIMIT_MS,
    assistantContent: "output_text",
    session: openaiSession,
  }, overrides);
}

function openaiSession(
  { instructions, voice, turnDetection, functions }: Persona,
) {
  // Its PCM has one rate, whatever else the operator sets.
  const format = { type: "audio/pcm", rate: RATE_HZ };
  return {
    type: "realtime",
    output_modalities: ["audio"],
    instructions,
    audio: {
      input: {
        format,
        transcription: { model: TRANSCRIPTION_MODEL },
        turn_detection: {
          type: "server_vad",
          threshold: THRESHOLD,
          prefix_padding_ms: turnDetection.prefixPaddingMs,
          silence_duration_ms: turnDetection.silenceDurationMs,
          create_response: true,
          // We cancel, because we know what the caller has heard.
          interrupt_response: false,
        },
      },
      output: { format, voice },
    },
    ...flatTools({ functions }),
  };
}
