import { openaiProfile } from "./openai_profile.ts";
import type { ModelProfile } from "./profile.ts";
import { qwenProfile } from "./qwen_profile.ts";
import type { ProfileOverrides } from "./settle_profile.ts";
import { stepFunProfile } from "./stepfun_profile.ts";

/** How a supplier's models are reached. */
export interface SupplierAccess extends ProfileOverrides {
  readonly apiKey: string;
  /** The longest that one session may last, in milliseconds; as its profile says when left out. */
  readonly sessionLimitMs?: number;
}

/** A model of a supplier. */
export interface NamedModel {
  readonly supplier: string;
  readonly model: string;
}

type MakeProfile = (
  model: string,
  overrides: ProfileOverrides,
) => ModelProfile;

const PROFILES: ReadonlyMap<string, MakeProfile> = new Map([
  ["stepfun", stepFunProfile],
  ["qwen", qwenProfile],
  ["openai", openaiProfile],
]);

/**
 * The profile of a model, with what the operator sets differently. Any thread.
 * Throws TypeError for a supplier that is not known or has no access, and what
 * the profile throws for settings that cannot be.
 */
export function profileOf(
  { supplier, model }: NamedModel,
  access: SupplierAccess | undefined,
): ModelProfile {
  const make = PROFILES.get(supplier);
  if (make === undefined) {
    const known = [...PROFILES.keys()].join(", ");
    throw new TypeError(
      `Cannot use the supplier: must be one of ${known}, got ${supplier}`,
    );
  }
  if (access === undefined) {
    throw new TypeError(`Cannot use ${supplier}: it has no settings`);
  }
  const profile = make(model, access);
  const { sessionLimitMs = profile.sessionLimitMs } = access;
  return { ...profile, sessionLimitMs };
}
