import { badShape, readNumber, readTask, readVoice } from "./session_fields.ts";
import type {
  SessionFields,
  SessionSettings,
  SessionShape,
  UpdateContext,
} from "./session_settings.ts";
import type { VadSettings } from "./turn_detector.ts";

/** StepFun's session. Source: StepFun's documentation and recorded sessions. Any thread. */
export const STEPFUN_SESSION: SessionShape = {
  update(current, update, context) {
    checkFixed(update);
    return {
      ...current,
      ...readTask(update, current, "nested"),
      voice: readVoice(update.voice, current, context),
      vad: update.turn_detection === undefined
        ? current.vad
        : readVad(update.turn_detection, context),
    };
  },
  describe(settings, event) {
    const { model, instructions, voice, tools } = settings;
    const shown = {
      model,
      modalities: ["text", "audio"],
      instructions,
      voice,
      input_audio_format: "pcm16",
      output_audio_format: "pcm16",
      // Seen: a string in one event and a number in the other.
      max_response_output_tokens: event === "created" ? "4096" : 4096,
    };
    if (event === "created") return shown;
    return { ...shown, tools, turn_detection: describeVad(settings) };
  },
};

function describeVad({ vad }: SessionSettings): SessionFields {
  if (vad === undefined) return { type: "" };
  return {
    type: "server_vad",
    prefix_padding_ms: vad.prefixPaddingMs,
    silence_duration_ms: vad.silenceDurationMs,
    energy_awakeness_threshold: vad.energyAwakenessThreshold,
  };
}

function checkFixed(update: SessionFields): void {
  for (const name of ["input_audio_format", "output_audio_format"]) {
    const format = update[name];
    if (format !== undefined && format !== "pcm16") throw badShape(name);
  }
  if (update.modalities !== undefined && !Array.isArray(update.modalities)) {
    throw badShape("modalities");
  }
  const choice = update.tool_choice;
  if (choice !== undefined && typeof choice !== "string") {
    throw badShape("tool_choice");
  }
}

function readVad(
  value: unknown,
  { vadDefaults }: UpdateContext,
): VadSettings | undefined {
  if (value === null) return undefined;
  if (typeof value !== "object") throw badShape("turn_detection");
  const vad = value as SessionFields;
  if (vad.type === "") return undefined;
  if (vad.type !== "server_vad") throw badShape("turn_detection.type");
  return {
    prefixPaddingMs: readNumber(vad, "prefix_padding_ms", {
      most: 10_000,
      otherwise: vadDefaults.prefixPaddingMs,
    }),
    silenceDurationMs: readNumber(vad, "silence_duration_ms", {
      most: 10_000,
      otherwise: vadDefaults.silenceDurationMs,
    }),
    energyAwakenessThreshold: readNumber(vad, "energy_awakeness_threshold", {
      most: 5000,
      otherwise: vadDefaults.energyAwakenessThreshold,
    }),
  };
}
