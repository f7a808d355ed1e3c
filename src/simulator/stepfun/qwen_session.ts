import { allowOnly, badShape, readTask, readVoice } from "./session_fields.ts";
import type { SessionFields, SessionShape } from "./session_settings.ts";
import { describeThresholdVad, readThresholdVad } from "./threshold_vad.ts";

const FIELDS = [
  "modalities",
  "instructions",
  "voice",
  "input_audio_format",
  "output_audio_format",
  "input_audio_transcription",
  "turn_detection",
  "tools",
  "tool_choice",
  "temperature",
  "top_p",
  "top_k",
  "max_tokens",
  "repetition_penalty",
  "presence_penalty",
  "seed",
  "enable_search",
  "search_options",
];
/** The later name, and the one that its reference had before. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  input_audio_format: ["pcm", "pcm16"],
  output_audio_format: ["pcm", "pcm24"],
};

/** Qwen's session. Source: Model Studio's reference of session.update. Any thread. */
export const QWEN_SESSION: SessionShape = {
  update(current, update, context) {
    allowOnly(update, FIELDS);
    checkFormats(update);
    return {
      ...current,
      ...readTask(update, current, "nested"),
      voice: readVoice(update.voice, current, context),
      ...readThresholdVad(update.turn_detection, current, context),
    };
  },
  describe(settings) {
    const { model, instructions, voice, tools } = settings;
    return {
      model,
      modalities: ["text", "audio"],
      instructions,
      voice,
      input_audio_format: "pcm",
      output_audio_format: "pcm",
      input_audio_transcription: { model: "gummy-realtime-v1" },
      turn_detection: describeThresholdVad(settings),
      tools,
      tool_choice: "auto",
      temperature: 0.8,
    };
  },
};

function checkFormats(update: SessionFields): void {
  for (const [name, allowed] of Object.entries(FORMATS)) {
    const format = update[name];
    if (format !== undefined && !allowed.includes(String(format))) {
      throw badShape(name);
    }
  }
  const { modalities } = update;
  if (modalities === undefined) return;
  const both = Array.isArray(modalities) && modalities.includes("text") &&
    modalities.every((one) => one === "text" || one === "audio");
  // Audio alone is refused.
  if (!both) throw badShape("modalities");
}
