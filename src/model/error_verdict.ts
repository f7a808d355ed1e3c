import { ModelError, type ModelFailure } from "../shard/speech_model.ts";
import type { ErrorMeaning, ErrorRule } from "./profile.ts";
import { statusFailure } from "./upgrade_failure.ts";

/** An error event, decoded. */
export interface PeerError {
  readonly message: string;
  readonly errorType: string;
  readonly code: string;
}

/** What an error event of an open session means: the profile's rules first, then its code. Worker thread. */
export function judgeError(
  error: PeerError,
  rules: readonly ErrorRule[],
): ErrorMeaning {
  const rule = ruleFor(error, rules);
  if (rule !== undefined) return rule.means;
  const failure = failureOf(error.code);
  if (failure === undefined || failure === "not_found") return "mistake";
  const fatal = failure === "unauthorized" || failure === "payment";
  // The socket stays open after the others: a later answer may well succeed.
  return fatal ? failure : "peer";
}

/**
 * Why a session whose opening is answered with an error cannot open; undefined
 * for a race. Whatever else is an end, because a session without its voice or
 * instructions answers no call. Worker thread.
 */
export function openingFailure(
  error: PeerError,
  rules: readonly ErrorRule[],
): ModelError | undefined {
  const means = ruleFor(error, rules)?.means ?? failureOf(error.code);
  if (means === "nothing_running" || means === "already_running") {
    return undefined;
  }
  // A refused configuration carries 400 whatever was wrong with it.
  const vague = means === undefined || means === "mistake" ||
    means === "peer" || means === "not_found";
  const words = `Cannot open the model: ${error.message}`;
  return new ModelError(vague ? "refused" : means, words);
}

function ruleFor(
  error: PeerError,
  rules: readonly ErrorRule[],
): ErrorRule | undefined {
  const words = `${error.message}\n${error.errorType}\n${error.code}`
    .toLowerCase();
  return rules.find((rule) => words.includes(rule.contains));
}

function failureOf(code: string): ModelFailure | undefined {
  return /^\d{3}$/.test(code) ? statusFailure(Number(code)) : undefined;
}
