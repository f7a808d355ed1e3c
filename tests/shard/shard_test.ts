import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import { allocateDoorbell, Doorbell } from "../../src/ring/doorbell.ts";
import { FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { allocateMailMark } from "../../src/ring/mail_mark.ts";
import { allocateWorkMark, WorkMark } from "../../src/ring/work_mark.ts";
import type { FromShard } from "../../src/shard/protocol.ts";
import { Shard } from "../../src/shard/shard.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { LINK_SETTINGS } from "../support/call_rig.ts";
import { loadedAssistant } from "../support/config_sources.ts";
import { FakeSpeechModel } from "../support/fake_speech_model.ts";
import { FakeTimers, settle } from "../support/fake_timers.ts";

/** A shard with two calls, `a` and `b`, that have their models and their legs. */
async function serveTwo() {
  const told: FromShard[] = [];
  const models: FakeSpeechModel[] = [];
  const legs: { press(): void; speak(): void }[] = [];
  const workMark = allocateWorkMark();
  const doorbell = allocateDoorbell();
  const bell = new Doorbell(doorbell);
  const shard = new Shard({
    settings: {
      ...LINK_SETTINGS,
      shard: 0,
      mail: allocateMailMark(),
      doorbell,
      workMark,
    },
    createModel: (options) => {
      const model = new FakeSpeechModel();
      models.push(model);
      model.opening.resolve();
      return model.create(options);
    },
    createResampler,
    tell: (message) => told.push(message),
    log: SILENT_LOG,
  });
  for (const [i, callId] of ["a", "b"].entries()) {
    const assistant = loadedAssistant();
    shard.receive({ type: "open", callId, serial: i + 1, assistant });
    await settle();
    const leg = { rings: allocateRings(), rateHz: 8000, frameSamples: 160 };
    shard.receive({ type: "attach", callId, ...leg });
    await settle();
    const ring = new FrameProducer(ringsOf(leg.rings).uplink, 160);
    const button = bell.button(i + 1);
    legs.push({
      press: () => button.press(),
      speak: () => ring.put(new Int16Array(160)),
    });
  }
  const typesOf = (callId: string) =>
    told.flatMap((message) =>
      "callId" in message && message.callId === callId ? [message.type] : []
    );
  const close = async () => {
    shard.receive({ type: "close", callId: "a" });
    shard.receive({ type: "close", callId: "b" });
    await settle();
  };
  return { shard, models, legs, typesOf, close, mark: new WorkMark(workMark) };
}

function fail(): never {
  throw new Error("a fault of ours");
}

Deno.test("a fault that a notice of the model brings to light costs that call alone", async () => {
  const { models, typesOf, close, mark, shard } = await serveTwo();
  models[0].interrupt = fail;
  models[0].says.responseStarted();
  models[0].says.speechStarted();
  assert.deepEqual(typesOf("a"), ["opened", "fact", "failed"]);
  assert.equal(mark.current, undefined);
  models[1].says.speechStopped();
  assert.deepEqual(typesOf("b"), ["opened", "fact"]);
  await close();
  assert.equal(shard.size, 0);
});

Deno.test("a fault that a message of the main thread brings to light costs that call alone", async () => {
  const { models, typesOf, close, mark, shard } = await serveTwo();
  models[0].sendText = fail;
  for (const digit of ["1", "#"]) {
    shard.receive({ type: "dtmf", callId: "a", digit });
  }
  assert.deepEqual(typesOf("a").at(-1), "failed");
  assert.equal(mark.current, undefined);
  shard.receive({ type: "dtmf", callId: "b", digit: "#" });
  assert.ok(models[1].told.some((text) => text.includes("#")));
  await close();
  assert.deepEqual(typesOf("a").at(-1), "closed");
});

Deno.test("whose leg rang is served in the next round, everybody five times a second, and nobody after the last call", async () => {
  using timers = new FakeTimers();
  const { models, legs, close, mark } = await serveTwo();
  await timers.pass(300);
  for (const { speak } of legs) for (let i = 0; i < 10; i++) speak();
  legs[1].press();
  await timers.pass(8);
  const served = () => models.map(({ appended }) => appended.length > 0);
  assert.deepEqual(served(), [false, true]);
  await timers.pass(200);
  assert.deepEqual(served(), [true, true]);
  await close();
  const { rounds } = mark;
  await timers.pass(1000);
  assert.equal(mark.rounds, rounds);
});
