import assert from "node:assert/strict";
import type { SimulatedCall } from "../../src/simulator/freeswitch/call_options.ts";
import type { Faults } from "../../src/simulator/stepfun/faults.ts";
import { readWav } from "../../src/simulator/wav.ts";
import { sumMetric } from "../../tools/metrics_text.ts";
import { type NodeRig, ROUNDS, withNode } from "../support/node_rig.ts";

const SPEECH = readWav(
  Deno.readFileSync(new URL("../../assets/speech_8k.wav", import.meta.url)),
).samples;

const BEFORE_ANSWER: [name: string, faults: Faults, kind: string][] = [
  ["refuses the key", { refuseStatus: 401 }, "unauthorized"],
  ["wants to be paid", { refuseStatus: 402 }, "payment"],
  ["limits the rate", { refuseStatus: 429 }, "rate_limited"],
  ["is overloaded", { refuseStatus: 503 }, "overloaded"],
  ["never creates a session", { noSessionCreated: true }, "timeout"],
  ["never updates the session", { noSessionUpdated: true }, "timeout"],
  ["closes before it is ready", {
    closeAt: { step: "created", code: 1011 },
  }, "closed"],
];

for (const [name, faults, kind] of BEFORE_ANSWER) {
  Deno.test(`a call is left to the dialplan unanswered, by every round, when the model ${name}`, async () => {
    const environment = {
      // Only a model that never answers is to run into it.
      MODEL_OPEN_TIMEOUT_MS: kind === "timeout" ? "500" : "10000",
      ANSWER_AFTER_MS: "60000",
    };
    await withNode({ environment, stepFun: { faults } }, async (rig) => {
      const outcome = await rig.call().ended;
      assert.equal(outcome.cause, "NORMAL_TEMPORARY_FAILURE");
      assert.equal(outcome.answered, false);
      assert.ok(outcome.actionsRun.some((each) => each.startsWith("hangup")));
      const ended = await rig.logged("The call has ended");
      assert.equal((ended.end as { kind: string }).kind, kind);
      const metrics = await rig.server.metrics();
      assert.equal(
        sumMetric(metrics, "vapi_model_errors_total", `kind="${kind}"`),
        ROUNDS,
      );
    });
  });
}

Deno.test("a call is left to the dialplan when nobody listens at the model's address", async () => {
  const environment = { STEPFUN_URL: "ws://127.0.0.1:9/v1/realtime" };
  await withNode({ environment }, async (rig) => {
    const outcome = await rig.call().ended;
    assert.equal(outcome.cause, "NORMAL_TEMPORARY_FAILURE");
    const ended = await rig.logged("The call has ended");
    assert.equal((ended.end as { kind: string }).kind, "unreachable");
  });
});

Deno.test("a call is answered without the model when the caller has waited long enough", async () => {
  const environment = {
    ANSWER_AFTER_MS: "200",
    MODEL_OPEN_TIMEOUT_MS: "10000",
  };
  let isReady = false;
  const stepFun = {
    // Two events until it is ready, each so late that a busy machine answers before.
    faults: { slow: 2500 },
    onSent: (_index: number, event: string) => {
      if (event === "sessionUpdated") isReady = true;
    },
  };
  await withNode({ environment, stepFun }, async (rig) => {
    const call = rig.call();
    await call.answered;
    assert.equal(isReady, false);
    await rig.logged("The assistant said something");
    assert.equal(isReady, true);
    call.hangUp();
    await call.ended;
  });
});

Deno.test("a caller who was answered without a model comes to the dialplan's end in time", async () => {
  const environment = {
    ANSWER_AFTER_MS: "100",
    MODEL_OPEN_TIMEOUT_MS: "400",
    MODEL_GIVE_UP_SECONDS: "600",
  };
  const stepFun = { faults: { noSessionCreated: true } };
  await withNode({ environment, stepFun }, async (rig) => {
    const outcome = await rig.call().ended;
    assert.equal(outcome.cause, "NORMAL_TEMPORARY_FAILURE");
    assert.equal(outcome.answered, true);
    assert.ok(outcome.durationMs < 60_000, `${outcome.durationMs} ms`);
    assert.deepEqual(rig.freeSwitch.violations, []);
  });
});

Deno.test("a call is left to the dialplan when every conversation is lost in the middle of it", async () => {
  const stepFun = {
    faults: { closeAt: { step: "mid_response", code: 1006 } },
  } as const;
  const environment = { MODEL_GIVE_UP_SECONDS: "1" };
  await withNode({ stepFun, environment }, async (rig) => {
    const outcome = await rig.call().ended;
    assert.equal(outcome.cause, "NORMAL_TEMPORARY_FAILURE");
    assert.equal(outcome.answered, true);
    const ended = await rig.logged("The call has ended");
    assert.equal((ended.end as { kind: string }).kind, "closed");
  });
});

Deno.test("a call gets another conversation when the model goes mute in the middle of an answer", async () => {
  const stepFun = { faults: { stallAt: "mid_response" } } as const;
  await withNode({ stepFun }, async (rig) => {
    const call = rig.call();
    await assertGoesOn(rig, call);
  });
});

Deno.test("a call gets another conversation when the model no longer listens to the caller, although it answers pings", async () => {
  const stepFun = { faults: { stallAt: "speech_started" } } as const;
  await withNode({ stepFun }, async (rig) => {
    const call = rig.call({
      // Two seconds of speech, and then a quiet line.
      speech: (frame, index) => {
        const at = index * frame.length;
        if (index < 100) frame.set(SPEECH.subarray(at, at + frame.length));
        else frame.fill(0);
        return true;
      },
    });
    await assertGoesOn(rig, call);
  });
});

/** The model is given up after a time, and the call goes on with another conversation. */
async function assertGoesOn(rig: NodeRig, call: SimulatedCall): Promise<void> {
  await call.answered;
  const lost = await rig.logged(
    "The speech model was lost; it is reached again",
  );
  assert.equal(lost.kind, "timeout");
  await rig.logged("The speech model is there again");
  call.hangUp();
  assert.equal((await call.ended).cause, "NORMAL_CLEARING");
}

const SURVIVED: [name: string, faults: Faults][] = [
  ["sends broken JSON", { brokenJson: true }],
  ["sends a binary frame", { binaryFrame: true }],
  ["sends an unknown event", { unknownEvent: true }],
  ["sends an error event", { errorEvent: "something went wrong" }],
  ["sends audio that is not base64", { badBase64: true }],
  ["sends half a sample", { oddLengthDelta: true }],
  ["sends ten megabytes at once", { hugeDelta: 10_000_000 }],
  ["leaves ids out", { missingIds: true }],
  ["sends items without content", { nullContent: true }],
];

Deno.test("a call whose model says nothing aloud is left to the dialplan, which has people", async () => {
  await withNode({ stepFun: { faults: { noAudio: true } } }, async (rig) => {
    const call = rig.call();
    const { end } = await rig.logged("The call has ended");
    assert.partialDeepStrictEqual(end, { by: "model", kind: "timeout" });
    assert.equal((await call.ended).cause, "NORMAL_TEMPORARY_FAILURE");
    assert.deepEqual(rig.freeSwitch.violations, []);
    const metrics = await rig.server.metrics();
    assert.ok(sumMetric(metrics, "vapi_model_complaints_total") >= 2);
  });
});

for (const [name, faults] of SURVIVED) {
  Deno.test(`a call and its neighbours survive a model that ${name}`, async () => {
    await withNode({ stepFun: { faults } }, async (rig) => {
      const calls = [rig.call(), rig.call()];
      for (const { uuid } of calls) {
        await rig.logged("The call has audio", (line) => line.callId === uuid);
        await rig.logged(
          "The assistant said something",
          (line) => line.callId === uuid,
        );
      }
      for (const call of calls) {
        call.hangUp();
        assert.equal((await call.ended).cause, "NORMAL_CLEARING");
      }
      const harmless = ["missingIds", "nullContent"];
      if (harmless.includes(Object.keys(faults)[0])) return;
      const metrics = await rig.server.metrics();
      assert.ok(sumMetric(metrics, "vapi_model_complaints_total") >= 2);
    });
  });
}
