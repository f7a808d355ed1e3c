import type { Caller } from "./caller.ts";
import { exactly, type Finding, only } from "./finding.ts";
import { byPersona, forgetful, holdsInOrder, wholeAnswers } from "./history.ts";
import { SESSION_KEY } from "./node_settings.ts";
import type { Stage } from "./stage.ts";
import { readTranscript } from "./stored_transcript.ts";
import type { SessionFacts } from "./wire.ts";

/** What was said within so long before a crash may be lost with it: it is written soon, and not at once. */
const UNWRITTEN_MS = 1000;

/** Whether what was said before a crash, and after it, is known to the new model and stands in Redis. For calls that go on. */
export async function transcriptFindings(
  stage: Stage,
  crashMs: number,
): Promise<Finding[]> {
  const sessions = await stage.model.sessions();
  const knownMs = crashMs - UNWRITTEN_MS;
  const checks = await Promise.all(
    stage.talking.map((caller) => check(stage, { caller, sessions, knownMs })),
  );
  return [
    exactly(
      "new sessions without the history",
      forgetful(sessions, knownMs),
      0,
    ),
    only(
      "answers that must be in Redis",
      checks.reduce((sum, { answers }) => sum + answers, 0),
    ),
    exactly(
      "transcripts in Redis that are not whole",
      checks.filter(({ whole }) => !whole).length,
      0,
    ),
  ];
}

/** Looks for a caller's answers in its transcript. */
async function check(
  { redis }: Stage,
  { caller, sessions, knownMs }: {
    readonly caller: Caller;
    readonly sessions: readonly SessionFacts[];
    readonly knownMs: number;
  },
): Promise<{ answers: number; whole: boolean }> {
  const own = byPersona(sessions).get(caller.name) ?? [];
  const wanted = [
    ...wholeAnswers(own.slice(0, -1), knownMs),
    ...wholeAnswers(own.slice(-1), performance.now() - 2 * UNWRITTEN_MS),
  ];
  const place = { callId: caller.call.uuid, key: SESSION_KEY };
  const words = await readTranscript(redis, place).catch(() => []);
  const said = words.filter(({ role }) => role === "assistant");
  const whole = holdsInOrder(said.map(({ text }) => text), wanted);
  return { answers: wanted.length, whole };
}
