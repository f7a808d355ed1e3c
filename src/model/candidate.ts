import type { ModelProfile, Persona } from "./profile.ts";

/** A supplier's model that may answer a call, and all that it takes to ask it. */
export interface Candidate {
  readonly supplier: string;
  readonly profile: ModelProfile;
  readonly apiKey: string;
  readonly persona: Persona;
}
