import { askInText, errorWords, isAudio } from "./dialect.ts";
import { type Finding, problem, warning, well } from "./finding.ts";
import { type ModelChoice, prefixOf } from "./model_cures.ts";
import type { ModelTalk } from "./model_talk.ts";
import { quote } from "./printable.ts";

const QUESTION = "请用一句话问好。";
/** A caller takes a longer pause for a broken line. */
const SLOW_MS = 2000;

/** Asks for one sentence and judges whether it is spoken. Rejects when the session ends. */
export async function judgeAnswer(
  talk: ModelTalk,
  { supplier, model }: ModelChoice,
): Promise<Finding> {
  const startMs = performance.now();
  for (const event of askInText(QUESTION)) talk.say(event);
  const seen = new Set<string>();
  for (;;) {
    const event = await talk.next();
    if (isAudio(event)) return judgeDelay(performance.now() - startMs);
    if (event.type === "error") {
      return problem(
        `it does not answer a sentence: ${quote(errorWords(event))}`,
        "ask the supplier, with these words",
      );
    }
    if (event.type === "response.done") break;
    seen.add(event.type);
  }
  const written = [...seen].some((type) => /transcript|text/.test(type));
  return problem(
    `it answers ${written ? "in writing" : "nothing"} and sends no audio`,
    `${model} is known to do so on some accounts: set ${
      prefixOf(supplier)
    }_MODEL to another realtime model, or ask the supplier`,
  );
}

function judgeDelay(delayMs: number): Finding {
  const what = `it speaks: first audio after ${Math.round(delayMs)} ms`;
  return delayMs <= SLOW_MS ? well(what) : warning(
    what,
    "callers hear a pause; try again at another hour, or another model",
  );
}
