import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import type { CreateResampler } from "../../src/audio/resampler.ts";
import { resumePrompt } from "../../src/shard/prompts.ts";
import { ModelError } from "../../src/shard/speech_model.ts";
import { settle } from "../support/fake_timers.ts";
import { SessionRig } from "../support/session_rig.ts";

const LOST = new ModelError("closed", "1006");

/** Makes resamplers that are ready when a test says so. */
function slowResamplers() {
  const gates: Array<() => void> = [];
  let open = 0;
  const create: CreateResampler = async (from, to) => {
    await new Promise<void>((resolve) => gates.push(resolve));
    const resampler = await createResampler(from, to);
    const { close } = resampler;
    open++;
    let closed = false;
    resampler.close = () => {
      if (!closed) open--;
      closed = true;
      close.call(resampler);
    };
    return resampler;
  };
  const pass = async () => {
    while (gates.length > 0) {
      gates.shift()!();
      await settle();
    }
  };
  return { create, pass, gates, open: () => open };
}

function regain(rig: SessionRig, rateHz: number): void {
  rig.model.inputRateHz = rateHz;
  rig.model.outputRateHz = rateHz;
  const supplier = `of ${rateHz}`;
  rig.model.says.regained({ supplier, model: "m", gapMs: 1, attempts: 1 });
}

/** Samples that the model gets for 40 ms of the caller. */
async function batchOf(rig: SessionRig): Promise<number> {
  await rig.play(12);
  return rig.model.appended.at(-1)?.length ?? 0;
}

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 100, `${actual}, not ${expected}`);
}

Deno.test("the rates are those of the supplier that answers, when it is chosen while the leg is attached", async () => {
  const resamplers = slowResamplers();
  using rig = new SessionRig({ createResampler: resamplers.create });
  const opened = rig.session.open();
  const attached = rig.attach();
  await settle();
  rig.model.inputRateHz = 24000;
  rig.model.outputRateHz = 24000;
  rig.model.opening.resolve();
  await settle();
  await resamplers.pass();
  await Promise.all([opened, attached]);
  assertNear(await batchOf(rig), 960);
  assert.equal(resamplers.open(), 2);
});

Deno.test("the rates are those of the supplier that answers, when two were found in a row", async () => {
  const resamplers = slowResamplers();
  using rig = new SessionRig({ createResampler: resamplers.create });
  const opened = rig.session.open();
  rig.model.opening.resolve();
  const attached = rig.attach();
  await settle();
  await resamplers.pass();
  await Promise.all([opened, attached]);
  rig.model.says.lost(LOST);
  regain(rig, 24000);
  rig.model.says.lost(LOST);
  regain(rig, 48000);
  await settle();
  // The older ones come last.
  resamplers.gates.reverse();
  await resamplers.pass();
  assertNear(await batchOf(rig), 1920);
  assert.equal(resamplers.open(), 2);
});

Deno.test("what a caller waits for is still owed when the model is lost again before it takes audio", async () => {
  const resamplers = slowResamplers();
  using rig = new SessionRig({ createResampler: resamplers.create });
  const opened = rig.session.open();
  rig.model.opening.resolve();
  const attached = rig.attach();
  await settle();
  await resamplers.pass();
  await Promise.all([opened, attached]);
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.model.says.lost(LOST);
  regain(rig, 24000);
  rig.model.says.lost(LOST);
  await resamplers.pass();
  regain(rig, 16000);
  await resamplers.pass();
  assert.deepEqual(rig.model.told, [resumePrompt("answer")]);
});

Deno.test("a tone of ours that is cut off takes nothing from what the assistant has said", async () => {
  using rig = await SessionRig.talking({ fillerAfterMs: 1000 });
  rig.respond(10);
  rig.model.says.assistantSaid("您好，请问有什么可以帮您？");
  rig.model.says.responseEnded("completed");
  await rig.play(20);
  rig.model.says.lost(LOST);
  await rig.play(58);
  await rig.press("1#");
  const replaced = rig.facts.filter((fact) =>
    fact.fact === "said" && fact.change === "replace"
  );
  assert.deepEqual(replaced, []);
});

Deno.test("words that are cut inside a character of two units stay whole text", async () => {
  using rig = await SessionRig.talking();
  rig.respond(10);
  rig.model.says.assistantSaid("😀");
  rig.model.says.responseEnded("completed");
  await rig.play(5);
  rig.model.says.speechStarted();
  const said = rig.facts.flatMap((fact) =>
    fact.fact === "said" && fact.change === "replace" ? [fact] : []
  );
  assert.equal(said.length, 1);
  assert.ok(said[0].utterance.text.isWellFormed(), "half a character");
});

Deno.test("a model that speaks before its rates are adopted is not heard, and hears the caller all the same", async () => {
  const resamplers = slowResamplers();
  using rig = new SessionRig({ createResampler: resamplers.create });
  const opened = rig.session.open();
  rig.model.opening.resolve();
  const attached = rig.attach();
  await settle();
  await resamplers.pass();
  await Promise.all([opened, attached]);
  rig.model.says.lost(LOST);
  regain(rig, 24000);
  rig.model.says.speechStarted();
  rig.model.says.speechStopped();
  rig.model.says.responseStarted();
  rig.model.says.audio(new Int16Array(160));
  await resamplers.pass();
  rig.model.says.responseEnded("completed");
  assert.equal(await rig.play(100), 0);
  assertNear(rig.model.appended.at(-1)!.length, 960);
});
