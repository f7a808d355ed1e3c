import type { ModelEvent } from "./model_talk.ts";

/** Whom a model is to be for a moment. */
export interface TalkSettings {
  readonly instructions: string;
  readonly voice: string;
}

const SILENCE_MS = 500;
const PADDING_MS = 500;
const STEPFUN_THRESHOLD = 2500;

/** The event that sets a session up, as each supplier documents it. */
export function sessionUpdate(
  supplier: string,
  settings: TalkSettings,
): ModelEvent {
  return {
    type: "session.update",
    session: supplier === "openai"
      ? openaiSession(settings)
      : sharedSession(supplier, settings),
  };
}

function sharedSession(supplier: string, settings: TalkSettings) {
  const format = supplier === "qwen" ? "pcm" : "pcm16";
  return {
    modalities: ["text", "audio"],
    ...settings,
    input_audio_format: format,
    output_audio_format: format,
    turn_detection: {
      type: "server_vad",
      prefix_padding_ms: PADDING_MS,
      silence_duration_ms: SILENCE_MS,
      ...supplier === "stepfun" && {
        energy_awakeness_threshold: STEPFUN_THRESHOLD,
      },
    },
  };
}

function openaiSession({ instructions, voice }: TalkSettings) {
  const format = { type: "audio/pcm", rate: 24_000 };
  return {
    type: "realtime",
    output_modalities: ["audio"],
    instructions,
    audio: { input: { format }, output: { format, voice } },
  };
}

/** What makes a model answer a sentence. */
export function askInText(text: string): ModelEvent[] {
  return [
    {
      type: "conversation.item.create",
      item: {
        type: "message",
        role: "user",
        content: [{ type: "input_text", text }],
      },
    },
    { type: "response.create" },
  ];
}

/** Whether an event carries speech of the model. */
export function isAudio({ type, delta }: ModelEvent): boolean {
  const named = type === "response.audio.delta" ||
    type === "response.output_audio.delta";
  return named && typeof delta === "string" && delta !== "";
}

/** The words of an error event. */
export function errorWords(event: ModelEvent): string {
  const { error } = event;
  if (typeof error !== "object" || error === null) return JSON.stringify(event);
  const { code, message } = error as Record<string, unknown>;
  return [code, message].filter((each) => typeof each === "string").join(": ");
}

/** The voice that a session says it has; undefined when it does not tell. */
export function voiceOf({ session }: ModelEvent): string | undefined {
  return textAt(session, ["voice"]) ??
    textAt(session, ["audio", "output", "voice"]);
}

/** The model that a session says it is; undefined when it does not tell. */
export function modelOf({ session }: ModelEvent): string | undefined {
  return textAt(session, ["model"]);
}

function textAt(value: unknown, path: readonly string[]): string | undefined {
  let at = value;
  for (const name of path) {
    if (typeof at !== "object" || at === null) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return typeof at === "string" ? at : undefined;
}
