import {
  allowOnly,
  badShape,
  readObject,
  readTask,
  readVoice,
} from "./session_fields.ts";
import type { SessionFields, SessionShape } from "./session_settings.ts";
import { describeThresholdVad, readThresholdVad } from "./threshold_vad.ts";

const FIELDS = [
  "type",
  "model",
  "output_modalities",
  "instructions",
  "audio",
  "include",
  "tools",
  "tool_choice",
  "max_output_tokens",
  "tracing",
  "truncation",
  "prompt",
];
const INPUT_FIELDS = [
  "format",
  "noise_reduction",
  "transcription",
  "turn_detection",
];
const OUTPUT_FIELDS = ["format", "speed", "voice"];
const FORMAT = { type: "audio/pcm", rate: 24_000 };
const NOTHING: SessionFields = {};

/** OpenAI's session. Source: OpenAI's reference of session.update. Any thread. */
export const OPENAI_SESSION: SessionShape = {
  update(current, update, context) {
    allowOnly(update, FIELDS);
    if (update.type !== "realtime") throw badShape("type");
    checkModalities(update.output_modalities);
    const audio = readPart(update.audio, "audio", ["input", "output"]);
    const input = readPart(audio.input, "audio.input", INPUT_FIELDS);
    const output = readPart(audio.output, "audio.output", OUTPUT_FIELDS);
    checkFormat(input.format, "audio.input.format");
    checkFormat(output.format, "audio.output.format");
    checkTranscription(input.transcription);
    return {
      ...current,
      ...readTask(update, current, "flat"),
      voice: readVoice(output.voice, current, context),
      ...readThresholdVad(input.turn_detection, current, context),
    };
  },
  describe(settings) {
    const { model, instructions, voice, tools } = settings;
    return {
      type: "realtime",
      model,
      output_modalities: ["audio"],
      instructions,
      audio: {
        input: {
          format: FORMAT,
          turn_detection: describeThresholdVad(settings),
        },
        output: { format: FORMAT, voice, speed: 1 },
      },
      tools,
      tool_choice: "auto",
      max_output_tokens: "inf",
    };
  },
};

function readPart(
  value: unknown,
  field: string,
  names: readonly string[],
): SessionFields {
  if (value === undefined) return NOTHING;
  const part = readObject(value, field);
  allowOnly(part, names, `${field}.`);
  return part;
}

function checkModalities(value: unknown): void {
  if (value === undefined) return;
  const one = Array.isArray(value) && value.length === 1 &&
    (value[0] === "audio" || value[0] === "text");
  if (!one) throw badShape("output_modalities");
}

function checkFormat(value: unknown, field: string): void {
  if (value === undefined) return;
  const format = readPart(value, field, ["type", "rate"]);
  const { type, rate = FORMAT.rate } = format;
  if (type !== FORMAT.type || rate !== FORMAT.rate) throw badShape(field);
}

function checkTranscription(value: unknown): void {
  if (value === undefined || value === null) return;
  const { model } = readObject(value, "audio.input.transcription");
  if (typeof model !== "string") throw badShape("audio.input.transcription");
}
