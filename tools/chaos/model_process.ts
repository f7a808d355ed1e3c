import type { DialectName } from "../../src/simulator/stepfun/dialect.ts";
import { parseLiveFault } from "../../src/simulator/stepfun/live_faults.ts";
import type { SimulatedSession } from "../../src/simulator/stepfun/simulated_session.ts";
import {
  startStepFun,
  type StepFun,
} from "../../src/simulator/stepfun/start_stepfun.ts";
import { answerQuestions } from "../capacity/command_lines.ts";
import { ANSWER_MS, type SessionFacts } from "./wire.ts";

const RATE_HZ = 24_000;
const TONES_HZ = [330, 392, 440, 494, 523, 587, 659];
const PEAK = 9000;
const DELTA_MS = 135;
/** So far ahead of the caller is the model; what was sent is heard although its connection is lost. */
const LEAD_MS = 280;

/** The speech model of a chaos run, in a process of its own: it speaks without an end, answer after answer. */
const sessions: { session: SimulatedSession; doneMs: number[] }[] = [];
let stepFun: StepFun | undefined;

await answerQuestions({ start, apply, sessions: facts, open });
await stepFun?.close();
Deno.exit(0);

function start({ dialect }: { dialect: DialectName }): { url: string } {
  const byIndex = new Map<number, number[]>();
  stepFun = startStepFun({
    mode: "duplex",
    dialect,
    wavs: TONES_HZ.map((hertz) => ({ samples: tone(hertz), rateHz: RATE_HZ })),
    deltaMs: DELTA_MS,
    realtimeFactor: 1,
    leadMs: LEAD_MS,
    onSession: (session) => {
      const doneMs: number[] = [];
      byIndex.set(session.index, doneMs);
      sessions.push({ session, doneMs });
    },
    onSent: (index, event, timeMs) => {
      if (event === "responseDone") byIndex.get(index)?.push(timeMs);
    },
    onSessionEnd: ({ index }) => void byIndex.delete(index),
  });
  return { url: stepFun.url };
}

function apply(fault: string): void {
  stepFun?.apply(parseLiveFault(fault));
}

function open(): number {
  return stepFun?.sessions().length ?? 0;
}

function facts(): SessionFacts[] {
  return sessions.map(({ session, doneMs }) => {
    const { index, items, settings, ended } = session;
    const first = items.findIndex(({ by }) => by === "speech");
    const given = first < 0 ? items : items.slice(0, first);
    const said = items.filter(({ by }) => by === "speech");
    return {
      index,
      persona: settings.instructions,
      ended,
      given: given.map(({ text }) => text),
      // Each response of this mode is one item, so that the two lists run side by side.
      said: said.map(({ text, cut }, i) => ({
        text,
        whole: cut !== true,
        atMs: doneMs[i] ?? NaN,
      })),
    };
  });
}

function tone(hertz: number): Int16Array {
  const samples = new Int16Array(RATE_HZ * ANSWER_MS / 1000);
  for (let i = 0; i < samples.length; i++) {
    samples[i] = Math.round(PEAK * Math.sin(2 * Math.PI * hertz * i / RATE_HZ));
  }
  return samples;
}
