import type { CreateSpeechModel } from "../shard/speech_model.ts";
import { LastingModel, type LastingModelParts } from "./lasting_model.ts";
import type { ModelDeadlines } from "./model_deadlines.ts";
import { OPEN_BOARD } from "./supplier_board.ts";
import { profileOf, type SupplierAccess } from "./supplier_profiles.ts";
import { connectWebSocket } from "./web_socket.ts";

/** Settings of {@linkcode createRealtimeModels}. */
export interface RealtimeModelSettings
  extends Partial<Omit<LastingModelParts, "deadlines">> {
  /** By name; has every supplier of every assistant. */
  readonly suppliers: Readonly<Record<string, SupplierAccess>>;
  readonly deadlines?: Partial<ModelDeadlines>;
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
 * TypeError for a supplier that is not known, a key that no header can carry or
 * an address that is not `ws:` or `wss:`, RangeError for a rate that cannot be.
 */
export function createRealtimeModels(
  settings: RealtimeModelSettings,
): CreateSpeechModel {
  const { suppliers } = settings;
  for (const [supplier, access] of Object.entries(suppliers)) {
    checkAccess(supplier, access);
  }
  const parts: LastingModelParts = {
    attempts: 2,
    giveUpMs: 30_000,
    historyTokens: 4000,
    board: OPEN_BOARD,
    connect: connectWebSocket,
    nowMs: () => performance.now(),
    random: Math.random,
    ...settings,
    deadlines: { ...DEADLINES, ...settings.deadlines },
  };
  return ({ assistant, ...call }) => {
    const candidates = assistant.suppliers.map((choice) => {
      const { supplier, voice } = choice;
      const access = suppliers[supplier];
      const profile = profileOf(choice, access);
      const persona = { ...assistant, voice };
      return { supplier, profile, apiKey: access.apiKey, persona };
    });
    return new LastingModel({ ...parts, ...call, candidates });
  };
}

/** Mistakes show when the process starts and not with the first call. */
function checkAccess(supplier: string, access: SupplierAccess): void {
  if (!PRINTABLE.test(access.apiKey)) {
    throw new TypeError(
      `Cannot use the apiKey of ${supplier}: must be printable ASCII without spaces, and is not`,
    );
  }
  profileOf({ supplier, model: "any" }, access);
}
