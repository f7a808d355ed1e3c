import type { CreateSpeechModel } from "../shard/speech_model.ts";
import type { ConnectSocket } from "./model_socket.ts";
import { connectWebSocket } from "./web_socket.ts";
import type { ModelDeadlines } from "./model_deadlines.ts";
import { RealtimeClient } from "./realtime_client.ts";
import { type StepFunOverrides, stepFunProfile } from "./stepfun_profile.ts";

/** Settings of {@linkcode createStepFunModel}. */
export interface StepFunSettings extends StepFunOverrides {
  readonly apiKey: string;
  readonly deadlines?: Partial<ModelDeadlines>;
  readonly connect?: ConnectSocket;
  /** A monotonic clock. */
  readonly nowMs?: () => number;
}

const DEADLINES: ModelDeadlines = {
  openMs: 10_000,
  responseMs: 10_000,
  settleMs: 2000,
  goneMs: 500,
};
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Makes models of StepFun's Realtime API, one a call. Worker thread. Throws
 * TypeError for a key that no header can carry or an address that is not
 * `ws:` or `wss:`, RangeError for a rate that cannot be.
 */
export function createStepFunModel(
  settings: StepFunSettings,
): CreateSpeechModel {
  const { apiKey, connect = connectWebSocket } = settings;
  if (!PRINTABLE.test(apiKey)) {
    throw new TypeError(
      "Cannot use apiKey: must be printable ASCII without spaces, and is not",
    );
  }
  // Mistakes show when the process starts and not with the first call.
  stepFunProfile("step-audio-2", settings);
  const deadlines = { ...DEADLINES, ...settings.deadlines };
  const nowMs = settings.nowMs ?? (() => performance.now());
  return (assistant, events) =>
    new RealtimeClient({
      profile: stepFunProfile(assistant.model, settings),
      apiKey,
      assistant,
      events,
      deadlines,
      connect,
      nowMs,
    });
}
