import assert from "node:assert/strict";
import { openaiProfile } from "../../src/model/openai_profile.ts";
import { qwenProfile } from "../../src/model/qwen_profile.ts";
import { stepFunProfile } from "../../src/model/stepfun_profile.ts";
import type { DialectName } from "../../src/simulator/stepfun/dialect.ts";
import { join, silence, tone } from "../simulator/stepfun/signals.ts";
import { type DialectRig, openDialect } from "../support/dialect_rig.ts";

const SUPPLIERS = [
  { dialect: "stepfun", make: stepFunProfile, model: "step-audio-2" },
  { dialect: "qwen", make: qwenProfile, model: "qwen3.5-omni-flash-realtime" },
  { dialect: "openai", make: openaiProfile, model: "gpt-realtime" },
] as const;

/** The same for every supplier: its profile against its own dialect. */
function each(
  name: string,
  test: (rig: DialectRig, dialect: DialectName) => Promise<void>,
) {
  for (const supplier of SUPPLIERS) {
    Deno.test(`${name}, with ${supplier.dialect}`, async () => {
      await using rig = await openDialect(supplier);
      await test(rig, supplier.dialect);
      assert.deepEqual(rig.complaints, []);
    });
  }
}

each(
  "a spoken turn is heard, written down and answered when the caller pauses",
  async (rig) => {
    const rateHz = rig.client.inputRateHz;
    const said = join(tone(600, { rateHz }), silence(800, rateHz));
    const step = rateHz / 25;
    for (let at = 0; at < said.length; at += step) {
      rig.client.appendAudio(said.subarray(at, at + step));
    }
    await rig.until("speechStarted");
    await rig.until("speechStopped");
    const [transcript] = await rig.until("callerSaid");
    assert.match(String(transcript), /^speech of \d+ ms$/);
    const [status, usage] = await rig.until("responseEnded");
    assert.equal(status, "completed");
    assert.ok((usage as { outputTokens: number }).outputTokens > 0);
    assert.deepEqual(rig.said(), [
      `You said: ${transcript} (I remember 0, the last: nothing)`,
    ]);
    assert.ok(rig.heardMs() >= 600, `${rig.heardMs()} ms were heard`);
  },
);

each("a text is answered when it is sent", async (rig) => {
  rig.client.sendText("Greet the caller.");
  const [status] = await rig.until("responseEnded");
  assert.equal(status, "completed");
  assert.match(rig.said()[0], /^You wrote: Greet the caller\./);
});

each(
  "an answer ends when the caller interrupts, and the next one is whole",
  async (rig, dialect) => {
    rig.client.sendText("Speak for long.");
    await rig.until("audio");
    rig.client.interrupt(120);
    assert.deepEqual((await rig.until("responseEnded"))[0], "cancelled");
    rig.client.sendText("And now?");
    assert.deepEqual((await rig.until("responseEnded"))[0], "completed");
    const [session] = rig.service.sessions();
    assert.equal(session.counts.cancelled, 1);
    const truncated = dialect === "qwen" ? [] : [120];
    assert.deepEqual(session.truncatedAtMs, truncated);
  },
);

each("what was said before is known when it is given", async (rig) => {
  rig.client.giveHistory([
    { role: "caller", text: "My name is Lin." },
    { role: "assistant", text: "Good morning, Lin." },
  ]);
  rig.client.sendText("What is my name?");
  await rig.until("responseEnded");
  assert.match(rig.said()[0], /I remember 3/);
  assert.deepEqual(rig.service.sessions()[0].items.slice(0, 3), [
    { role: "user", text: "My name is Lin.", by: "client" },
    { role: "assistant", text: "Good morning, Lin.", by: "client" },
    { role: "user", text: "What is my name?", by: "client" },
  ]);
});

each("a cancel that comes too late is a race and no more", async (rig) => {
  const [session] = rig.service.sessions();
  rig.client.sendText("Hello.");
  await rig.until("responseEnded");
  session.sendRaw(JSON.stringify(rig.lateCancel()));
  const [complaint] = await rig.until("complaint");
  assert.equal((complaint as { kind: string }).kind, "race");
  rig.complaints.length = 0;
  rig.client.sendText("Still there?");
  await rig.until("responseEnded");
});

for (const { dialect, make, model } of SUPPLIERS) {
  Deno.test(`a session with a voice that ${dialect} does not have is refused`, async () => {
    const opening = openDialect({ dialect, make, model, voice: "nobody" });
    await assert.rejects(opening, { name: "ModelError", kind: "refused" });
  });

  for (const other of SUPPLIERS) {
    // What StepFun does with fields that it does not know is not known.
    const unclear = dialect === "openai" && other.dialect === "stepfun";
    if (other.dialect === dialect || unclear) continue;
    Deno.test(`a session in the shape of ${dialect} is refused by ${other.dialect}`, async () => {
      const opening = openDialect({ ...other, sessionOf: make(model) });
      await assert.rejects(opening, { name: "ModelError", kind: "refused" });
    });
  }
}
