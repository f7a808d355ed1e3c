import { modelOf, voiceOf } from "./dialect.ts";
import { type Finding, warning, well } from "./finding.ts";
import { type ModelChoice, prefixOf } from "./model_cures.ts";
import type { ModelEvent } from "./model_talk.ts";
import { quote } from "./printable.ts";

/** What a model said of the session, and how long it took. */
export interface ReadySession {
  readonly created: ModelEvent;
  readonly updated: ModelEvent;
  readonly readyMs: number;
}

/** Judges whether a session has the model and the voice that were asked for. */
export function judgeSession(
  { created, updated, readyMs }: ReadySession,
  { supplier, model, voice }: ModelChoice,
): Finding[] {
  const prefix = prefixOf(supplier);
  const findings = [
    well(`the session is ready after ${Math.round(readyMs)} ms`),
  ];
  const isModel = modelOf(updated) ?? modelOf(created);
  const isVoice = voiceOf(updated);
  if (isModel !== undefined && isModel !== model) {
    findings.push(warning(
      `it says that it is ${quote(isModel)}`,
      `when that is not meant, set ${prefix}_MODEL`,
    ));
  }
  if (isVoice !== undefined && isVoice !== voice) {
    findings.push(warning(
      `it speaks as ${quote(isVoice)} and not as ${voice}`,
      `set ${prefix}_VOICE, or the assistant's voice, to one of this model`,
    ));
  }
  return findings;
}
