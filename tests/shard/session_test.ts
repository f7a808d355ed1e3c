import assert from "node:assert/strict";
import { createResampler } from "../../src/audio/create_resampler.ts";
import type { Resampler } from "../../src/audio/resampler.ts";
import { greetingPrompt } from "../../src/shard/prompts.ts";
import { ModelError } from "../../src/shard/speech_model.ts";
import { SessionRig } from "../support/session_rig.ts";

const SILENT_SUMMARY = {
  turns: 0,
  bargeIns: 0,
  heardMs: 0,
  usage: [],
};
const CLOSED = { type: "closed", callId: "call", summary: SILENT_SUMMARY };

Deno.test("a greeting is asked for as soon as the model is ready, before there is a leg", async () => {
  using rig = new SessionRig({ greeting: "您好" });
  const opened = rig.session.open();
  assert.equal(rig.session.state, "opening");
  assert.deepEqual(rig.model.told, []);
  rig.model.opening.resolve();
  await opened;
  assert.deepEqual(rig.told, [{ type: "opened", callId: "call" }]);
  assert.deepEqual(rig.model.told, [greetingPrompt("您好")]);
  rig.respond(10);
  assert.equal(rig.session.state, "speaking");
  await rig.attach();
  assert.ok(rig.take());
});

for (const greeting of [undefined, ""]) {
  Deno.test(`an assistant whose greeting is ${JSON.stringify(greeting)} waits for the caller`, async () => {
    using rig = await SessionRig.talking({ greeting });
    assert.deepEqual(rig.model.told, []);
    assert.equal(rig.session.state, "listening");
  });
}

for (
  const [what, error, kind] of [
    ["of the model", new ModelError("payment", "no money"), "payment"],
    ["of another kind", new TypeError("bad"), "unreachable"],
  ] as const
) {
  Deno.test(`a failure ${what} while opening is told once, and the session waits to be closed`, async () => {
    using rig = new SessionRig({ greeting: "hello" });
    rig.model.opening.reject(error);
    await rig.session.open();
    assert.deepEqual(rig.types, ["failed"]);
    assert.partialDeepStrictEqual(rig.told[0], { callId: "call", kind });
    assert.equal(rig.session.state, "failed");
    assert.deepEqual(rig.model.told, []);
    rig.session.pressKey("#");
    rig.session.close();
    assert.deepEqual(rig.told.slice(1), [CLOSED]);
  });
}

Deno.test("a model that is not ready in time is a timeout", async () => {
  using rig = new SessionRig({ modelOpenTimeoutMs: 5 });
  await rig.session.open();
  assert.partialDeepStrictEqual(rig.told, [{
    type: "failed",
    kind: "timeout",
  }]);
});

Deno.test("closing while the model opens stops it and is no failure", async () => {
  using rig = new SessionRig();
  const opened = rig.session.open();
  rig.session.close();
  rig.session.close();
  await opened;
  assert.ok(rig.model.signal?.aborted);
  assert.deepEqual(rig.told, [CLOSED]);
  assert.equal(rig.model.closings, 1);
});

Deno.test("a model that is ready just after the end changes nothing", async () => {
  using rig = new SessionRig({ greeting: "hello" });
  const opened = rig.session.open();
  rig.model.opening.resolve();
  rig.session.close();
  await opened;
  assert.deepEqual(rig.types, ["closed"]);
  assert.deepEqual(rig.model.told, []);
});

Deno.test("a model that is lost for good fails the session once", async () => {
  using rig = await SessionRig.talking();
  rig.respond(10);
  await rig.play(2);
  rig.model.says.closed(new ModelError("closed", "1006"));
  rig.session.giveUp(new Error("and then this"));
  assert.deepEqual(rig.types, ["opened", "failed"]);
  rig.model.says.audio(new Int16Array(160));
  await rig.play(3);
  assert.equal(rig.session.state, "failed");
  rig.session.close();
  assert.deepEqual(rig.types, ["opened", "failed", "closed"]);
});

Deno.test("a model that was closed by us is no failure", async () => {
  using rig = await SessionRig.talking();
  rig.model.says.closed();
  assert.deepEqual(rig.types, ["opened"]);
});

Deno.test("a fault of ours is told as internal", async () => {
  using rig = await SessionRig.talking();
  rig.session.giveUp(new TypeError("x"));
  assert.partialDeepStrictEqual(rig.told[1], {
    type: "failed",
    kind: "internal",
    message: "TypeError: x",
  });
});

/** Remembers which resamplers are open. */
function watchedResamplers(failAt = Infinity) {
  const open = new Set<Resampler>();
  let made = 0;
  async function create(inputRateHz: number, outputRateHz: number) {
    if (++made === failAt) throw new RangeError("cannot");
    const resampler = await createResampler(inputRateHz, outputRateHz);
    open.add(resampler);
    const close = resampler.close.bind(resampler);
    resampler.close = () => {
      open.delete(resampler);
      close();
    };
    return resampler;
  }
  return { open, create };
}

for (const when of ["before", "while"]) {
  Deno.test(`closing ${when} the leg is attached frees the resamplers and leaves the rings alone`, async () => {
    const { open, create } = watchedResamplers();
    using rig = new SessionRig({ createResampler: create });
    if (when === "before") rig.session.close();
    const attached = rig.attach();
    rig.session.close();
    await attached;
    assert.equal(open.size, 0);
    assert.deepEqual(rig.types, ["closed"]);
    assert.ok(new Int32Array(rig.rings.memory).every((word) => word === 0));
  });
}

Deno.test("closing a session frees both resamplers", async () => {
  const { open, create } = watchedResamplers();
  using rig = await SessionRig.talking({ createResampler: create });
  assert.equal(open.size, 2);
  rig.session.close();
  assert.equal(open.size, 0);
});

Deno.test("a leg whose second resampler cannot be had frees the first", async () => {
  const { open, create } = watchedResamplers(2);
  using rig = new SessionRig({ createResampler: create });
  await assert.rejects(rig.attach(), RangeError);
  assert.equal(open.size, 0);
});
