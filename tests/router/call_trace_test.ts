import assert from "node:assert/strict";
import type { CallEvents, CallReport } from "../../src/router/call.ts";
import type { CallEnd } from "../../src/router/call_end.ts";
import { CallTrace } from "../../src/router/call_trace.ts";
import type { SessionFact } from "../../src/shard/protocol.ts";
import { ScriptedControl } from "../support/call_rig.ts";
import { TraceRecorder } from "../support/trace_recorder.ts";

class TraceRig {
  readonly recorder = new TraceRecorder();
  readonly heard: string[] = [];
  readonly trace = new CallTrace(this.recorder.start, {
    callId: "call",
    fromMs: 0,
    assistantId: "default",
    epoch: 1,
    resumed: false,
  });
  readonly events = this.trace.events(this.#events());

  fact(...facts: SessionFact[]): void {
    for (const fact of facts) this.events.fact(fact);
  }

  end(end: CallEnd, rest: Partial<CallReport> = {}): void {
    this.trace.end({ end, answered: true, talkMs: 0, ...rest });
  }

  #events(): CallEvents {
    return {
      fact: ({ fact }) => this.heard.push(fact),
      statistics: () => this.heard.push("statistics"),
      answered: (setupMs) => this.heard.push(`answered ${setupMs}`),
      keyPressed: () => this.heard.push("key"),
      functionCalled: () => this.heard.push("function"),
      functionRan: ({ name }) => this.heard.push(`ran ${name}`),
      placed: (shard) => this.heard.push(`placed ${shard}`),
      resumption: () => undefined,
      reopened: (gapMs) => this.heard.push(`reopened ${gapMs}`),
      parting: (_report, withinMs) => {
        this.heard.push(`parting ${withinMs}`);
        return Promise.resolve();
      },
    };
  }
}

const HANGUP: CallEnd = { by: "hangup", cause: "NORMAL_CLEARING" };

Deno.test("a call's events go on to whoever listened before they were traced", async () => {
  const { events, heard } = new TraceRig();
  events.fact({ fact: "turn_ended" });
  events.statistics({});
  events.answered(7);
  events.keyPressed();
  events.placed(3);
  events.modelReady?.();
  events.shardLost?.(true);
  events.reopened(9);
  await events.parting({ end: HANGUP, answered: true, talkMs: 0 }, 500);
  assert.deepEqual(heard, [
    "turn_ended",
    "statistics",
    "answered 7",
    "key",
    "placed 3",
    "reopened 9",
    "parting 500",
  ]);
});

Deno.test("a turn reaches from the caller's last word to the answer, as the session measured it", () => {
  const { events, recorder } = new TraceRig();
  events.fact({ fact: "turn_ended" });
  events.fact({ fact: "turn", latencyMs: 321 });
  const [turn] = recorder.steps.filter(({ name }) => name === "turn");
  assert.ok(Math.abs(turn.toMs! - turn.fromMs - 321) < 1e-6);
  assert.deepEqual(recorder.outcomes("turn"), ["ok"]);
});

Deno.test("a turn that is not answered is cut off by the next one, by the loss of the shard or by the end", () => {
  const rig = new TraceRig();
  rig.fact({ fact: "turn_ended" }, { fact: "turn_ended" });
  rig.events.shardLost?.(false);
  rig.fact({ fact: "turn_ended" });
  rig.end(HANGUP);
  const cut = "cut off";
  assert.deepEqual(rig.recorder.outcomes("turn"), [cut, cut, cut]);
});

Deno.test("a lost model is away until it is regained, and with whom", () => {
  const rig = new TraceRig();
  rig.fact({ fact: "model_lost", kind: "closed" }, {
    fact: "model_regained",
    supplier: "qwen",
    gapMs: 800,
    attempts: 3,
  });
  const [away] = rig.recorder.steps.filter(({ name }) => name === "model away");
  assert.deepEqual(away.attributes, {
    "vapi.kind": "closed",
    "vapi.outcome": "ok",
    "vapi.supplier": "qwen",
    "vapi.attempts": 3,
  });
});

Deno.test("a shard that dies before its successor has the model is one gap, and each opening is shown", () => {
  const rig = new TraceRig();
  const { events, recorder } = rig;
  events.placed(0);
  events.modelReady?.();
  events.shardLost?.(false);
  events.placed(1);
  events.shardLost?.(true);
  events.placed(0);
  events.modelReady?.();
  rig.end(HANGUP);
  assert.deepEqual(recorder.outcomes("shard away"), ["ok"]);
  assert.deepEqual(recorder.outcomes("model opening"), ["ok", "cut off", "ok"]);
});

Deno.test("a model that could not be had shows in its opening and in the call", () => {
  const rig = new TraceRig();
  rig.events.placed(0);
  rig.end({ by: "model", kind: "unauthorized", message: "key 13800138000" });
  assert.deepEqual(rig.recorder.outcomes("model opening"), ["unauthorized!"]);
  const [{ attributes, failed }] = rig.recorder.ends;
  assert.equal(failed, true);
  assert.equal(attributes?.["vapi.kind"], "unauthorized");
  assert.ok(!JSON.stringify(rig.recorder.ends).includes("13800138000"));
});

for (
  const [end, failed] of [
    [HANGUP, false],
    [{ by: "silence" }, false],
    [{ by: "drain" }, false],
    [{ by: "shard" }, true],
    [{ by: "connection", reason: "reset" }, true],
  ] satisfies [CallEnd, boolean][]
) {
  Deno.test(`a call that ends by ${end.by} has ${failed ? "failed" : "not failed"}`, () => {
    const rig = new TraceRig();
    rig.end(end);
    assert.equal(rig.recorder.ends.length, 1);
    assert.equal(rig.recorder.ends[0].failed, failed);
  });
}

Deno.test("commands are timed, answered as before, and fail as before", async () => {
  const { trace, recorder, events } = new TraceRig();
  const inner = new ScriptedControl();
  const control = trace.control(inner);
  const refused = new Error("no 13800138000");
  inner.outcomes.setVariable = () => Promise.reject(refused);
  await control.takeOver();
  assert.deepEqual(await control.answer(), inner.format);
  await control.startUnicast("127.0.0.1", 7);
  events.answered(5);
  await assert.rejects(control.setVariable("a", "b"), refused);
  assert.equal(await control.exists(), true);
  await control.hangUp("NORMAL_CLEARING");
  control.leave();
  assert.equal(control.channel, inner.channel);
  assert.deepEqual(inner.told, [
    "takeOver",
    "answer",
    "startUnicast 127.0.0.1:7",
    "setVariable a=b",
    "exists",
    "hangUp NORMAL_CLEARING",
    "leave",
  ]);
  assert.deepEqual(recorder.steps.map(({ name }) => name), [
    "ask store",
    "take over",
    "answer",
    "unicast",
    "first frame",
    "set variable",
    "look for channel",
    "hang up",
  ]);
  assert.deepEqual(recorder.outcomes("set variable"), ["Error!"]);
  assert.ok(!JSON.stringify(recorder.steps).includes("13800138000"));
});

Deno.test("a command that is not answered when the call ends is cut off", () => {
  const rig = new TraceRig();
  const inner = new ScriptedControl();
  inner.outcomes.answer = () => new Promise(() => {});
  rig.trace.control(inner).answer();
  rig.end(HANGUP);
  assert.deepEqual(rig.recorder.outcomes("answer"), ["cut off"]);
});

Deno.test("neither what was said nor which keys were pressed is traced", () => {
  const rig = new TraceRig();
  rig.events.keyPressed();
  rig.fact(
    {
      fact: "said",
      change: "insert",
      index: 0,
      utterance: { role: "caller", text: "SECRET" },
      leftMs: 0,
    },
    { fact: "complaint", kind: "peer", message: "SECRET" },
  );
  rig.end({ by: "media", message: "SECRET" });
  assert.ok(!JSON.stringify(rig.recorder).includes("SECRET"));
  assert.deepEqual(rig.recorder.events, [
    "key pressed",
    "complaint",
  ]);
});
