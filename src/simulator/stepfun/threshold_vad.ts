import {
  allowOnly,
  badShape,
  readFlag,
  readNumber,
  readObject,
} from "./session_fields.ts";
import type {
  SessionFields,
  SessionSettings,
  UpdateContext,
} from "./session_settings.ts";

/** Stands between the scale 0 to 1 of StepFun's relatives and the detector's. */
const FULL_ENERGY = 5000;
const FIELDS = [
  "type",
  "threshold",
  "prefix_padding_ms",
  "silence_duration_ms",
  "create_response",
  "interrupt_response",
  "idle_timeout_ms",
];

/** How a session cuts turns. */
type Turns = Pick<SessionSettings, "vad" | "answersTurns" | "yields">;

/**
 * Reads the turn detection of Qwen and OpenAI, which has a threshold of 0 to 1
 * and may answer and yield by itself; as it was when it is left out. Any
 * thread. Throws ProtocolError.
 */
export function readThresholdVad(
  value: unknown,
  current: SessionSettings,
  { vadDefaults }: UpdateContext,
): Turns {
  if (value === undefined) return current;
  if (value === null) return { ...current, vad: undefined };
  const fields = readObject(value, "turn_detection");
  if (fields.type !== "server_vad") throw badShape("turn_detection.type");
  allowOnly(fields, FIELDS, "turn_detection.");
  const otherwise = vadDefaults.energyAwakenessThreshold / FULL_ENERGY;
  const threshold = readNumber(fields, "threshold", {
    most: 1,
    otherwise,
    whole: false,
  });
  return {
    vad: {
      prefixPaddingMs: readNumber(fields, "prefix_padding_ms", {
        most: 10_000,
        otherwise: vadDefaults.prefixPaddingMs,
      }),
      silenceDurationMs: readNumber(fields, "silence_duration_ms", {
        most: 10_000,
        otherwise: vadDefaults.silenceDurationMs,
      }),
      energyAwakenessThreshold: threshold * FULL_ENERGY,
    },
    answersTurns: readFlag(fields, "create_response", true),
    yields: readFlag(fields, "interrupt_response", true),
  };
}

/** The turn detection as these suppliers show it. Any thread. */
export function describeThresholdVad(
  { vad, answersTurns, yields }: SessionSettings,
): SessionFields | null {
  if (vad === undefined) return null;
  return {
    type: "server_vad",
    threshold: vad.energyAwakenessThreshold / FULL_ENERGY,
    prefix_padding_ms: vad.prefixPaddingMs,
    silence_duration_ms: vad.silenceDurationMs,
    create_response: answersTurns,
    interrupt_response: yields,
  };
}
