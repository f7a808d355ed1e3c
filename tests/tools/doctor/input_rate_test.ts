import assert from "node:assert/strict";
import { compareSpeech } from "../../../src/simulator/similarity.ts";
import type { Turn } from "../../../src/simulator/stepfun/turn.ts";
import { startStepFun } from "../../../src/simulator/stepfun/start_stepfun.ts";
import { judgeRates } from "../../../tools/doctor/check_input_rate.ts";
import { checkModels } from "../../../tools/doctor/check_model.ts";
import { readKnownSpeech } from "../../../tools/doctor/known_speech.ts";
import { convertSpeech } from "../../../tools/doctor/speak.ts";
import { forever, linesOf, patient } from "./patient.ts";

const SPEED = 12;
const TIMEOUT_MS = 120_000;
/** The second sentence begins later. */
const SECOND_AFTER_S = 3.5;
const ALIKE = 0.8;

/** A listener that understands the known speech at one rate only. */
async function createListener(rateHz: number) {
  const speech = readKnownSpeech();
  const known = await convertSpeech(speech, rateHz);
  return (turn: Turn) => {
    if (turn.type === "text") return turn.text;
    const found = compareSpeech(turn.samples, known, rateHz);
    if (found.correlation < ALIKE) return "听不清楚";
    const second = found.delaySamples / rateHz > SECOND_AFTER_S;
    return speech.sentences[second ? 1 : 0];
  };
}

async function examine(
  wantsHz: number,
  environment: Record<string, string> = {},
): Promise<string[]> {
  const model = startStepFun({
    mode: "parrot",
    inputRateHz: wantsHz,
    transcribe: await createListener(wantsHz),
  });
  const settings = { STEPFUN_URL: model.url, ...environment };
  const findings = await checkModels(patient(settings, ["--live-audio"]), {
    signal: forever(),
    timeoutMs: TIMEOUT_MS,
    speed: SPEED,
  });
  await model.close();
  return linesOf(findings);
}

Deno.test("the input rate is well when the model understands the one that is set", async () => {
  const lines = await examine(16_000);
  assert.match(lines.at(-3)!, /at 16000 Hz it wrote “你好.*谢谢。”: 0 % wrong/);
  assert.match(lines.at(-1)!, /^ok: .*it wants 16000 Hz, as is set/);
});

Deno.test("the input rate is a problem when the model understands the other one", async () => {
  const lines = await examine(24_000);
  assert.match(
    lines.at(-1)!,
    /^problem: .*wants 24000 Hz and is sent 16000 Hz → set STEPFUN_INPUT_RATE=24000/,
  );
});

Deno.test("the input rate is judged by STEPFUN_INPUT_RATE when it is set", async () => {
  const lines = await examine(24_000, { STEPFUN_INPUT_RATE: "24000" });
  assert.match(lines.at(-1)!, /^ok: .*it wants 24000 Hz, as is set/);
});

const UNDECIDED: [what: string, wrong: number[], words: RegExp][] = [
  ["nothing was tried", [], /at no rate/],
  ["both are wrong", [0.9, 0.6], /at no rate/],
  ["both are right", [0.1, 0.2], /both rates alike/],
  ["only one could be tried", [0.1], /both rates alike/],
];

for (const [what, wrong, words] of UNDECIDED) {
  Deno.test(`the input rate stays open when ${what}`, () => {
    const heard = wrong.map((wrong, i) => ({ rateHz: 16_000 + i, wrong }));
    const finding = judgeRates(heard, 16_000);
    assert.equal(finding.state, "warning");
    assert.match(finding.what, words);
  });
}
