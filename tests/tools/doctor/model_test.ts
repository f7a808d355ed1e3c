import assert from "node:assert/strict";
import type { StepFunOptions } from "../../../src/simulator/stepfun/stepfun_options.ts";
import { startStepFun } from "../../../src/simulator/stepfun/start_stepfun.ts";
import { checkModels } from "../../../tools/doctor/check_model.ts";
import { forever, linesOf, patient } from "./patient.ts";

/** A slow and loaded machine may take long for a session that goes well. */
const PATIENT_MS = 20_000;
/** For a session of which nothing comes. */
const SHORT_MS = 2000;

async function examine(
  options: Partial<StepFunOptions>,
  { environment, timeoutMs = PATIENT_MS }: {
    environment?: Record<string, string>;
    timeoutMs?: number;
  } = {},
): Promise<string[]> {
  const model = startStepFun({ mode: "parrot", ...options });
  const settings = { STEPFUN_URL: model.url, ...environment };
  const check = { signal: forever(), timeoutMs };
  const findings = await checkModels(patient(settings), check);
  await model.close();
  return linesOf(findings);
}

Deno.test("a model that speaks has only good findings", async () => {
  const lines = await examine({ apiKey: "sk-test" });
  assert.equal(lines.length, 3, lines.join("\n"));
  assert.match(
    lines[0],
    /^\w+: stepfun step-audio-2: reached[^:]*: TCP \d+ ms, up/,
  );
  assert.match(lines[1], /^ok: .* the session is ready after/);
  assert.match(lines[2], /: it speaks: first audio after \d+ ms/);
});

const REFUSALS: [status: number, cure: RegExp][] = [
  [400, /→ set STEPFUN_MODEL/],
  [401, /→ the key is wrong .* STEPFUN_API_KEY/],
  [402, /→ the account has no money/],
  [403, /→ the key may not use step-audio-2/],
  [404, /→ set STEPFUN_URL and STEPFUN_MODEL/],
  [429, /→ too many sessions/],
  [451, /→ the supplier's moderation/],
  [503, /→ the supplier is overloaded/],
];

for (const [refuseStatus, cure] of REFUSALS) {
  Deno.test(`an upgrade that is answered with ${refuseStatus} is a problem with its cure`, async () => {
    const lines = await examine({ faults: { refuseStatus } });
    assert.equal(lines.length, 1);
    assert.match(lines[0], new RegExp(`^problem: .*with ${refuseStatus}: `));
    assert.match(lines[0], cure);
  });
}

Deno.test("a wrong key is a problem when the model checks it", async () => {
  const [line] = await examine({ apiKey: "sk-other" });
  assert.match(line, /with 401: .*Incorrect API key/);
});

Deno.test("a voice that the model has not is a problem", async () => {
  const lines = await examine({}, { environment: { STEPFUN_VOICE: "nobody" } });
  assert.match(
    lines.at(-1)!,
    /^problem: .*session\.updated: .*voice nobody is not valid → .*STEPFUN_VOICE/,
  );
});

Deno.test("a model without audio is a problem", async () => {
  const lines = await examine({ faults: { noAudio: true } });
  assert.match(
    lines.at(-1)!,
    /^problem: .*answers in writing and sends no audio → .*STEPFUN_MODEL/,
  );
});

Deno.test("a model that never creates the session is a problem when the time is over", async () => {
  const faults = { noSessionCreated: true };
  const lines = await examine({ faults }, { timeoutMs: SHORT_MS });
  assert.match(lines.at(-1)!, /did not come to session\.created: no end after/);
});

Deno.test("a model that never answers the upgrade is a problem when the time is over", async () => {
  const faults = { stallAt: "upgrade" } as const;
  const lines = await examine({ faults }, { timeoutMs: SHORT_MS });
  assert.match(lines[0], /did not come to an answer to the upgrade: no end/);
});

Deno.test("a model that closes in the middle is a problem", async () => {
  const faults = { closeAt: { step: "updated", code: 1006 } } as const;
  const lines = await examine({ faults });
  assert.match(lines.at(-1)!, /^problem: /);
});

Deno.test("a model that sends what is no event is a problem", async () => {
  const faults = { brokenJson: true, injectAt: "created" } as const;
  const lines = await examine({ faults });
  assert.match(lines.at(-1)!, /^problem: .*it says what is no event/);
});

Deno.test("an error while it answers is a problem with the model's words", async () => {
  const faults = { errorEvent: "out of voices" } as const;
  const lines = await examine({ faults });
  assert.match(lines.at(-1)!, /^problem: .*a sentence: .*out of voices/);
});

Deno.test("a model that nobody serves is a problem of TCP", async () => {
  const model = startStepFun({ mode: "parrot" });
  await model.close();
  const settings = patient({ STEPFUN_URL: model.url });
  const findings = await checkModels(settings, { signal: forever() });
  assert.match(linesOf(findings)[0], /^problem: .*TCP failed: .*REFUSED/);
});

Deno.test("a server without TLS is a problem of TLS when wss is set", async () => {
  const model = startStepFun({ mode: "parrot" });
  const url = model.url.replace("ws://", "wss://");
  const settings = patient({ STEPFUN_URL: url });
  const findings = await checkModels(settings, {
    signal: forever(),
    timeoutMs: PATIENT_MS,
  });
  await model.close();
  assert.match(linesOf(findings)[0], /^problem: .*TLS failed/);
});

Deno.test("the doctor stops at once when its signal is aborted", async () => {
  const model = startStepFun({
    mode: "parrot",
    faults: { stallAt: "created" },
    onSession: () => end.abort(new Error("stopped")),
  });
  const end = new AbortController();
  await assert.rejects(
    checkModels(patient({ STEPFUN_URL: model.url }), { signal: end.signal }),
    /stopped/,
  );
  await model.close();
});
