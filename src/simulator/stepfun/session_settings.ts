import { ProtocolError, RemoteError } from "../../errors.ts";
import type { VadSettings } from "./turn_detector.ts";

/** What a session was told to be. */
export interface SessionSettings {
  readonly model: string;
  readonly instructions: string;
  readonly voice: string;
  /** Undefined: the client commits its turns itself. */
  readonly vad: VadSettings | undefined;
  readonly tools: readonly unknown[];
}

/** What an update is judged by. */
export interface UpdateContext {
  readonly vadDefaults: VadSettings;
  /** Empty: as the service for the model. */
  readonly voices: readonly string[];
  /** Whether the model has spoken in this session. */
  readonly spoke: boolean;
}

const MINI_VOICES = ["qingchunshaonv", "wenrounansheng"];
const STEP_AUDIO_2_VOICES = [
  ...MINI_VOICES,
  "elegantgentle-female",
  "livelybreezy-female",
];
const OTHER_VOICES = [
  ...STEP_AUDIO_2_VOICES,
  "linjiajiejie",
  "cixingnansheng",
  "zhengpaiqingnian",
  "wenrounvsheng",
];

type Fields = Record<string, unknown>;

/** The settings of a new session. Source: the service's session.created. Any thread. */
export function initialSettings(
  model: string,
  voices: readonly string[],
): SessionSettings {
  return {
    model,
    instructions: "",
    voice: (voices.length > 0 ? voices : voicesOf(model))[0],
    vad: undefined,
    tools: [],
  };
}

/**
 * The settings after a session.update that does not name another model. Any
 * thread. Throws ProtocolError for a bad shape and RemoteError, with the
 * service's words, for a voice that it does not take.
 */
export function updateSettings(
  current: SessionSettings,
  update: Fields,
  context: UpdateContext,
): SessionSettings {
  checkFixed(update);
  const { instructions, tools, voice } = update;
  if (instructions !== undefined && typeof instructions !== "string") {
    throw badShape("instructions");
  }
  if (tools !== undefined && !Array.isArray(tools)) throw badShape("tools");
  return {
    model: current.model,
    instructions: instructions ?? current.instructions,
    voice: voice === undefined
      ? current.voice
      : readVoice(voice, current, context),
    vad: update.turn_detection === undefined
      ? current.vad
      : readVad(update.turn_detection, context.vadDefaults),
    tools: tools ?? current.tools,
  };
}

/** The session as session.created and session.updated show it. Any thread. */
export function describeSettings(
  id: string,
  settings: SessionSettings,
  event: "created" | "updated",
): Fields {
  const { model, instructions, voice, tools } = settings;
  const shown: Fields = {
    id,
    object: "realtime.session",
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
  return { ...shown, tools, turn_detection: describeVad(settings.vad) };
}

function describeVad(vad: VadSettings | undefined): Fields {
  if (vad === undefined) return { type: "" };
  return {
    type: "server_vad",
    prefix_padding_ms: vad.prefixPaddingMs,
    silence_duration_ms: vad.silenceDurationMs,
    energy_awakeness_threshold: vad.energyAwakenessThreshold,
  };
}

function checkFixed(update: Fields): void {
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

function readVoice(
  voice: unknown,
  current: SessionSettings,
  { voices, spoke }: UpdateContext,
): string {
  if (typeof voice !== "string") throw badShape("voice");
  const known = voices.length > 0 ? voices : voicesOf(current.model);
  if (!known.includes(voice)) {
    throw new RemoteError(`voice ${voice.slice(0, 100)} is not valid`);
  }
  if (spoke && voice !== current.voice) {
    throw new RemoteError("voice cannot be changed after the first audio");
  }
  return voice;
}

function readVad(value: unknown, defaults: VadSettings) {
  if (value === null) return undefined;
  if (typeof value !== "object") throw badShape("turn_detection");
  const vad = value as Fields;
  if (vad.type === "") return undefined;
  if (vad.type !== "server_vad") throw badShape("turn_detection.type");
  return {
    prefixPaddingMs: readWhole(vad, "prefix_padding_ms", {
      most: 10_000,
      otherwise: defaults.prefixPaddingMs,
    }),
    silenceDurationMs: readWhole(vad, "silence_duration_ms", {
      most: 10_000,
      otherwise: defaults.silenceDurationMs,
    }),
    energyAwakenessThreshold: readWhole(vad, "energy_awakeness_threshold", {
      most: 5000,
      otherwise: defaults.energyAwakenessThreshold,
    }),
  };
}

function readWhole(
  fields: Fields,
  name: string,
  { most, otherwise }: { most: number; otherwise: number },
): number {
  const value = fields[name];
  if (value === undefined) return otherwise;
  const fits = typeof value === "number" && Number.isInteger(value) &&
    value >= 0 && value <= most;
  if (!fits) throw badShape(name);
  return value as number;
}

function voicesOf(model: string): readonly string[] {
  if (model === "step-audio-2-mini") return MINI_VOICES;
  return model === "step-audio-2" ? STEP_AUDIO_2_VOICES : OTHER_VOICES;
}

function badShape(field: string): ProtocolError {
  return new ProtocolError(`Cannot update: ${field} has a bad shape`);
}
