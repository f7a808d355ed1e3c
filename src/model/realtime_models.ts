import type { CreateSpeechModel } from "../shard/speech_model.ts";
import { LastingModel } from "./lasting_model.ts";
import type { ModelDeadlines } from "./model_deadlines.ts";
import type { ConnectSocket } from "./model_socket.ts";
import { RealtimeClient } from "./realtime_client.ts";
import { stepFunProfile } from "./stepfun_profile.ts";
import { connectWebSocket } from "./web_socket.ts";

/** How a supplier's models are reached. */
export interface SupplierAccess {
  /** Address of the Realtime API, `ws:` or `wss:`, without the model; the supplier's own when left out. */
  readonly url?: string;
  readonly apiKey: string;
  readonly inputRateHz?: number;
  readonly outputRateHz?: number;
  /** Whether it can be told how much of an item was heard; as its profile says when left out. */
  readonly truncate?: boolean;
}

/** Settings of {@linkcode createRealtimeModels}. */
export interface RealtimeModelSettings {
  readonly suppliers: Readonly<Record<string, SupplierAccess>>;
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
 * Makes models of realtime suppliers, one a call. Worker thread. Throws
 * TypeError for a key that no header can carry or an address that is not
 * `ws:` or `wss:`, RangeError for a rate that cannot be.
 */
export function createRealtimeModels(
  settings: RealtimeModelSettings,
): CreateSpeechModel {
  const { suppliers, connect = connectWebSocket } = settings;
  for (const access of Object.values(suppliers)) {
    if (!PRINTABLE.test(access.apiKey)) {
      throw new TypeError(
        "Cannot use apiKey: must be printable ASCII without spaces, and is not",
      );
    }
    // Mistakes show when the process starts and not with the first call.
    stepFunProfile("step-audio-2", access);
  }
  const deadlines = { ...DEADLINES, ...settings.deadlines };
  const nowMs = settings.nowMs ?? (() => performance.now());
  return ({ assistant, events }) => {
    const [choice] = assistant.suppliers;
    const access = suppliers[choice.supplier];
    const client = new RealtimeClient({
      profile: stepFunProfile(choice.model, access),
      apiKey: access.apiKey,
      persona: { ...assistant, voice: choice.voice },
      events,
      deadlines,
      connect,
      nowMs,
    });
    return new LastingModel(client, choice.supplier);
  };
}
