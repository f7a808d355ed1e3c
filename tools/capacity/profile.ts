/** What the calls of a run are like. */
export const PROFILES = ["duplex", "turns"] as const;
/** `duplex`: both sides always talk; `turns`: the caller speaks, is answered and interrupts. */
export type Profile = (typeof PROFILES)[number];

/** Frames that one delta carries: 140 ms, near the service's 135. */
const DELTA_FRAMES = 7;
/** Length of a delta, in milliseconds. */
export const DELTA_MS = DELTA_FRAMES * 20;
/** The model is so far ahead of the caller; the live one is further. */
export const LEAD_MS = 2 * DELTA_MS;
/** Longer than the lead, so that every answer begins after silence and can be timed. */
export const PAUSE_MS = LEAD_MS + DELTA_MS;

/** Frames of each answer, so few that no two have the same level. */
export const ANSWER_FRAMES: Readonly<Record<Profile, number>> = {
  duplex: 35 * DELTA_FRAMES,
  turns: 21 * DELTA_FRAMES,
};

/** From the beginning of an answer of profile `duplex` to that of the next. */
export const DUPLEX_PERIOD_MS = ANSWER_FRAMES.duplex * 20 - LEAD_MS + PAUSE_MS;

/** A round of profile `turns`: a sentence, its answer, an interruption, its answer. In frames. */
const ROUND_FRAMES = 450;
const SENTENCE_ENDS = 75;
const INTERRUPTION_BEGINS = 175;
const INTERRUPTION_ENDS = 225;
/** Spreads the callers evenly over a round: prime to its length. */
const SPREAD_FRAMES = 173;

/** Whether a caller speaks in frame `number`; `name` places it in the round. */
export function speaksIn(
  profile: Profile,
  number: number,
  name: number,
): boolean {
  if (profile === "duplex") return true;
  const at = (number + name * SPREAD_FRAMES) % ROUND_FRAMES;
  return at < SENTENCE_ENDS ||
    at >= INTERRUPTION_BEGINS && at < INTERRUPTION_ENDS;
}
