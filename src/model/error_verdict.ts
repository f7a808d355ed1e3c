import { ModelError, type ModelFailure } from "../shard/speech_model.ts";
import type { ErrorMeaning, ErrorRule } from "./profile.ts";
import { statusFailure } from "./upgrade_failure.ts";

/** What an error says that concerns whether a session may open, or how it is to be. */
const CONCERNS_OPENING =
  /session|model|voice|instruct|modalit|format|audio|turn|vad|tool|function|transcri|param|field|value|valid|support|auth|key|token|permi|forbid|denied|access|account|balance|quota|limit|expire/;

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

/** Why a session cannot open; one that is not certain opens if it is said to be ready all the same. */
export interface OpeningFailure {
  readonly failure: ModelError;
  readonly isCertain: boolean;
}

/**
 * What an error means that answers the opening of a session; undefined for a
 * race. Whatever concerns what was asked for is an end, because a session without
 * its voice or instructions answers no call. Worker thread.
 */
export function openingFailure(
  error: PeerError,
  rules: readonly ErrorRule[],
): OpeningFailure | undefined {
  const means = ruleFor(error, rules)?.means ?? failureOf(error.code);
  if (means === "nothing_running" || means === "already_running") {
    return undefined;
  }
  // A refused configuration carries 400 whatever was wrong with it.
  const vague = means === undefined || means === "mistake" ||
    means === "peer" || means === "not_found";
  const words = `Cannot open the model: ${error.message}`;
  const isUnclear = means === undefined || means === "peer";
  return {
    failure: new ModelError(vague ? "refused" : means, words),
    isCertain: !isUnclear || CONCERNS_OPENING.test(wordsOf(error)),
  };
}

function ruleFor(
  error: PeerError,
  rules: readonly ErrorRule[],
): ErrorRule | undefined {
  const words = wordsOf(error);
  return rules.find((rule) => words.includes(rule.contains));
}

function wordsOf({ message, errorType, code }: PeerError): string {
  return `${message}\n${errorType}\n${code}`.toLowerCase();
}

function failureOf(code: string): ModelFailure | undefined {
  return /^\d{3}$/.test(code) ? statusFailure(Number(code)) : undefined;
}
