import type {
  ClientEventNames,
  ErrorRule,
  ModelProfile,
  Persona,
  ServerEventType,
} from "./profile.ts";

/** What an operator may set differently from StepFun's own values. */
export interface StepFunOverrides {
  /** Address of the Realtime API, `ws:` or `wss:`, without the model. */
  readonly url?: string;
  readonly inputRateHz?: number;
  readonly outputRateHz?: number;
  readonly truncate?: boolean;
}

const URL_OF_API = "wss://api.stepfun.com/v1/realtime";
const OUTPUT_RATE_HZ = 24000;
const NEWER_INPUT_RATE_HZ = 24000;

// StepFun documents no input rate: its integrators send these two 16 kHz, its
// own console sends the newer models 24 kHz.
const INPUT_RATES_HZ: ReadonlyMap<string, number> = new Map([
  ["step-audio-2", 16000],
  ["step-audio-2-mini", 16000],
]);

const CLIENT_EVENTS: ClientEventNames = {
  updateSession: "session.update",
  appendAudio: "input_audio_buffer.append",
  createItem: "conversation.item.create",
  truncateItem: "conversation.item.truncate",
  createResponse: "response.create",
  cancelResponse: "response.cancel",
};

const SERVER_EVENTS: ReadonlyMap<string, ServerEventType> = new Map<
  string,
  ServerEventType
>([
  ["session.created", "session_created"],
  ["session.updated", "session_updated"],
  ["error", "error"],
  ["input_audio_buffer.speech_started", "speech_started"],
  ["input_audio_buffer.speech_stopped", "speech_stopped"],
  ["input_audio_buffer.committed", "ignored"],
  ["input_audio_buffer.cleared", "ignored"],
  ["conversation.item.created", "ignored"],
  ["conversation.item.deleted", "ignored"],
  ["conversation.item.truncated", "ignored"],
  ["conversation.item.input_audio_transcription.delta", "caller_partial"],
  ["conversation.item.input_audio_transcription.completed", "caller_said"],
  ["response.created", "response_created"],
  ["response.output_item.added", "response_item"],
  ["response.output_item.done", "ignored"],
  ["response.content_part.added", "ignored"],
  ["response.content_part.done", "ignored"],
  ["response.audio.delta", "audio"],
  ["response.audio.done", "ignored"],
  ["response.audio_transcript.delta", "spoken_partial"],
  ["response.audio_transcript.done", "spoken"],
  ["response.text.delta", "written_partial"],
  ["response.text.done", "written"],
  ["response.thinking.delta", "ignored"],
  ["response.thinking.done", "ignored"],
  ["response.function_call_arguments.delta", "ignored"],
  ["response.function_call_arguments.done", "function_call"],
  ["response.cancelled", "response_cancelled"],
  ["response.done", "response_done"],
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
 * The profile of a model of StepFun. Any thread. Throws RangeError for a rate
 * that is no whole number of hertz from 8000 to 48000, TypeError for an
 * address that is not `ws:` or `wss:`.
 */
export function stepFunProfile(
  model: string,
  overrides: StepFunOverrides = {},
): ModelProfile {
  const inputRateHz = overrides.inputRateHz ??
    INPUT_RATES_HZ.get(model) ?? NEWER_INPUT_RATE_HZ;
  const outputRateHz = overrides.outputRateHz ?? OUTPUT_RATE_HZ;
  checkRate("inputRateHz", inputRateHz);
  checkRate("outputRateHz", outputRateHz);
  return {
    supplier: "stepfun",
    model,
    url: addressOf(overrides.url ?? URL_OF_API, model),
    inputRateHz,
    outputRateHz,
    // Undocumented, but StepFun's own console sends it and it was answered.
    capabilities: { truncate: overrides.truncate ?? true },
    clientEvents: CLIENT_EVENTS,
    serverEvents: SERVER_EVENTS,
    errorRules: ERROR_RULES,
    session: stepFunSession,
  };
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
  };
}

function checkRate(name: string, rateHz: number): void {
  if (!Number.isInteger(rateHz) || rateHz < 8000 || rateHz > 48000) {
    throw new RangeError(
      `Cannot use ${name}: must be a whole number from 8000 to 48000, got ${rateHz}`,
    );
  }
}

function addressOf(url: string, model: string): string {
  const address = URL.parse(url);
  if (address?.protocol !== "ws:" && address?.protocol !== "wss:") {
    throw new TypeError(
      `Cannot use url: must be a ws: or wss: address, got ${url}`,
    );
  }
  if (address.hash !== "") {
    throw new TypeError(`Cannot use url: must have no fragment, got ${url}`);
  }
  address.searchParams.set("model", model);
  return address.href;
}
