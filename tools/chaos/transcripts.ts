import { exactly, type Finding } from "./finding.ts";
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
  return [
    exactly(
      "new sessions without the history",
      forgetful(sessions, knownMs),
      0,
    ),
    exactly(
      "transcripts in Redis that are not whole",
      await incomplete(stage, { sessions, knownMs }),
      0,
    ),
  ];
}

async function incomplete(
  stage: Stage,
  { sessions, knownMs }: {
    readonly sessions: readonly SessionFacts[];
    readonly knownMs: number;
  },
): Promise<number> {
  const own = byPersona(sessions);
  const nowMs = performance.now();
  const whole = await Promise.all(stage.talking.map(async ({ name, call }) => {
    const of = own.get(name) ?? [];
    const wanted = [
      ...wholeAnswers(of.slice(0, -1), knownMs),
      ...wholeAnswers(of.slice(-1), nowMs - 2 * UNWRITTEN_MS),
    ];
    const place = { callId: call.uuid, key: SESSION_KEY };
    const words = await readTranscript(stage.redis, place).catch(() => []);
    const said = words.filter(({ role }) => role === "assistant");
    return holdsInOrder(said.map(({ text }) => text), wanted);
  }));
  return whole.filter((isWhole) => !isWhole).length;
}
