import type { Utterance } from "../shard/speech_model.ts";

/** Where scripts begin of which a character is about one token: CJK and its punctuation. */
const FIRST_WIDE = 0x2e80;
const NARROW_TOKENS = 0.25;

/** About how many tokens a text is: one for a CJK character, a quarter for a Latin letter. Any thread. */
export function estimateTokens(text: string): number {
  let tokens = 0;
  for (const character of text) {
    const wide = character.codePointAt(0)! >= FIRST_WIDE;
    tokens += wide ? 1 : NARROW_TOKENS;
  }
  return tokens;
}

/**
 * The newest utterances that are at most about `mostTokens` together, oldest
 * first; those without words are left out. Any thread.
 */
export function newestWithin(
  history: readonly Utterance[],
  mostTokens: number,
): Utterance[] {
  const newest: Utterance[] = [];
  let tokens = 0;
  for (const utterance of history.toReversed()) {
    if (utterance.text.trim() === "") continue;
    tokens += estimateTokens(utterance.text);
    if (tokens > mostTokens) break;
    newest.push(utterance);
  }
  return newest.reverse();
}
