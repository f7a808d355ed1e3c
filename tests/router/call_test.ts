import assert from "node:assert/strict";
import { SLAB_CALLS } from "../../src/ring/layout.ts";
import { OverloadError, RemoteError } from "../../src/errors.ts";
import { CallRig } from "../support/call_rig.ts";
import { settle } from "../support/fake_timers.ts";
import { EMPTY_SUMMARY } from "../support/fake_worker.ts";

/** Whatever ended a call: it has let go of all, each thing once. */
function assertFreed(rig: CallRig): void {
  assert.ok(rig.report !== undefined, "the call has not ended");
  assert.equal(rig.control.told.filter((each) => each === "leave").length, 1);
  assert.ok(rig.leg.closings <= 1);
  assert.equal(rig.rings.lent, 0);
  assert.equal(rig.link!.size, 0);
  assert.equal(rig.timers.pending, 0);
}

Deno.test("a call is taken over, answered once the model is ready, and has audio", async () => {
  using rig = new CallRig();
  await rig.run();
  assert.deepEqual(rig.control.told, ["takeOver"]);
  assert.deepEqual(rig.worker.postedTypes, ["start", "open"]);
  rig.worker.say({ type: "opened", callId: "call" });
  await settle();
  assert.deepEqual(rig.control.told.slice(1), [
    "answer",
    "startUnicast 127.0.0.1:40000",
  ]);
  assert.partialDeepStrictEqual(rig.worker.posted[2], {
    type: "attach",
    callId: "call",
    rateHz: 8000,
    frameSamples: 160,
  });
  await rig.timers.pass(40);
  assert.equal(rig.control.audioComings, 0);
  // That it cannot be kept is no reason to end anything.
  rig.control.outcomes.audioCame = () => Promise.reject(new Error("no"));
  rig.leg.first.resolve();
  await rig.timers.pass(10_000);
  assert.equal(rig.control.audioComings, 1);
  rig.control.says.dtmf("5");
  rig.control.says.hungUp("NORMAL_CLEARING");
  rig.control.says.statistics({ jitterMs: 1 });
  await settle();
  assert.deepEqual(rig.report, {
    end: { by: "hangup", cause: "NORMAL_CLEARING" },
    answered: true,
    shard: 0,
    setupMs: 40,
    talkMs: 10_000,
    counts: rig.leg.counts,
    summary: EMPTY_SUMMARY,
  });
  assert.deepEqual(rig.worker.postedTypes.slice(3), ["dtmf", "close"]);
  assert.deepEqual(rig.statistics, [{ jitterMs: 1 }]);
  assert.equal(rig.leg.closings, 1);
  assert.equal(rig.rings.free, SLAB_CALLS);
  assertFreed(rig);
});

Deno.test("the report says whether the call was answered, by us or before it came", async () => {
  for (const was of ["ringing", "answered before", "answered without audio"]) {
    const answered = was === "answered before";
    using rig = new CallRig(undefined, { answered });
    await rig.run();
    if (was === "answered without audio") {
      rig.worker.say({ type: "opened", callId: "call" });
      await settle();
    }
    rig.control.says.hungUp("ORIGINATOR_CANCEL");
    rig.control.says.statistics({});
    await settle();
    assert.equal(rig.report?.answered, was !== "ringing", was);
    assert.equal(rig.report?.setupMs, undefined);
    assertFreed(rig);
  }
});

Deno.test("a caller who has heard ringing long enough is answered without the model", async () => {
  using rig = new CallRig();
  await rig.run();
  await rig.timers.pass(2999);
  assert.deepEqual(rig.control.told, ["takeOver"]);
  await rig.timers.pass(1);
  assert.equal(rig.control.told[1], "answer");
});

Deno.test("a call that is as long as a call may be is hung up", async () => {
  using rig = new CallRig();
  await rig.talk();
  await rig.timers.pass(599_999);
  assert.equal(rig.report, undefined);
  await rig.timers.pass(1);
  rig.control.says.closed("end of file");
  await settle();
  assert.deepEqual(rig.control.told.slice(3), [
    "hangUp ALLOTTED_TIMEOUT",
    "leave",
  ]);
  assertFreed(rig);
});

Deno.test("statistics are waited for two seconds after the hang-up and no longer", async () => {
  using rig = new CallRig();
  await rig.talk();
  rig.control.says.hungUp("NORMAL_CLEARING");
  await rig.timers.pass(1999);
  assert.equal(rig.report, undefined);
  await rig.timers.pass(1);
  assertFreed(rig);
});

for (
  const format of [
    { codec: "PCMA", rateHz: 8000, frameMs: 50 },
    { codec: "opus", rateHz: 48_000, frameMs: 120 },
    { codec: "iLBC", rateHz: 12000, frameMs: 20 },
  ]
) {
  Deno.test(`${format.codec} at ${format.rateHz} Hz in frames of ${format.frameMs} ms is left to the dialplan`, async () => {
    using rig = new CallRig();
    rig.control.format = format;
    await rig.talk();
    assert.equal(rig.report?.end.by, "format");
    assert.equal(rig.report?.setupMs, undefined);
    assert.deepEqual(rig.control.told.slice(2), [
      "setVariable vapi_cause=INCOMPATIBLE_DESTINATION",
      "setVariable vapi_reason=format",
      "leave",
    ]);
    assertFreed(rig);
  });
}

for (const rateHz of [8000, 16_000, 48_000]) {
  for (const frameMs of [10, 20, 30, 40, 60]) {
    Deno.test(`audio at ${rateHz} Hz in frames of ${frameMs} ms is carried by leg and session`, async () => {
      using rig = new CallRig();
      rig.control.format = { codec: "L16", rateHz, frameMs };
      await rig.talk();
      const frameSamples = rateHz * frameMs / 1000;
      assert.equal(rig.leg.started?.rateHz, rateHz);
      assert.equal(rig.leg.started?.frameSamples, frameSamples);
      const attach = rig.worker.posted.find(({ type }) => type === "attach");
      assert.ok(attach?.type === "attach");
      assert.equal(attach.rateHz, rateHz);
      assert.equal(attach.frameSamples, frameSamples);
      assert.equal(attach.rings.rateHz, rateHz);
    });
  }
}

Deno.test("a call without audio from FreeSWITCH is hung up", async () => {
  using rig = new CallRig();
  await rig.run();
  rig.worker.say({ type: "opened", callId: "call" });
  await settle();
  rig.leg.first.reject(new DOMException("none", "TimeoutError"));
  await rig.timers.pass(2000);
  assert.equal(rig.report?.end.by, "media");
  assert.ok(rig.control.told.includes("hangUp MEDIA_TIMEOUT"));
  assertFreed(rig);
});

for (const when of ["before the answer", "in mid-call"]) {
  Deno.test(`a model that fails ${when} leaves the call to the dialplan`, async () => {
    using rig = new CallRig();
    if (when === "in mid-call") await rig.talk();
    else await rig.run();
    const message = "no balance";
    const kind = "payment";
    rig.worker.say({ type: "failed", callId: "call", kind, message });
    await settle();
    assert.deepEqual(rig.report?.end, { by: "model", kind, message });
    assert.deepEqual(rig.control.told.slice(-3), [
      "setVariable vapi_cause=NORMAL_TEMPORARY_FAILURE",
      "setVariable vapi_reason=model_payment",
      "leave",
    ]);
    assertFreed(rig);
  });
}

for (
  const [error, by] of [
    [new OverloadError("none left"), "overload"],
    [new TypeError("bad address"), "control"],
  ] as const
) {
  Deno.test(`a leg that cannot be opened for ${error.name} ends the call before anything is asked`, async () => {
    using rig = new CallRig(() => {
      throw error;
    });
    await rig.run();
    assert.deepEqual(rig.report?.end, { by, error });
    assert.deepEqual(rig.worker.postedTypes, ["start"]);
    assert.ok(!rig.control.told.includes("answer"));
    assertFreed(rig);
  });
}

for (const command of ["takeOver", "answer", "startUnicast"]) {
  Deno.test(`a ${command} that FreeSWITCH refuses ends the call`, async () => {
    using rig = new CallRig();
    const error = new RemoteError("-ERR no");
    rig.control.outcomes[command] = () => Promise.reject(error);
    await rig.talk();
    assert.deepEqual(rig.report?.end, { by: "control", error });
    assertFreed(rig);
  });
}
