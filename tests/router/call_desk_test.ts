import assert from "node:assert/strict";
import { SLAB_CALLS } from "../../src/ring/layout.ts";
import { RemoteError } from "../../src/errors.ts";
import { WorkMark } from "../../src/ring/work_mark.ts";
import { placeCall } from "../../src/router/placement.ts";
import type {
  CallRecord,
  StoredUtterance,
} from "../../src/store/call_store.ts";
import { ScriptedControl } from "../support/call_rig.ts";
import { DeskRig, hangUp } from "../support/desk_rig.ts";
import type { FakeWorker } from "../support/fake_worker.ts";
import { settle } from "../support/fake_timers.ts";
import { recordOf } from "../support/store_rig.ts";

/** What a channel is told that is left to the dialplan from the start. */
function refused(cause: string, reason: string): string[] {
  return [
    "takeOver",
    `setVariable vapi_cause=${cause}`,
    `setVariable vapi_reason=${reason}`,
    "leave",
  ];
}

/** The assistant of a call says something that takes a while. */
function say(worker: FakeWorker, callId: string, text: string): void {
  worker.say({
    type: "fact",
    callId,
    fact: {
      fact: "said",
      change: "insert",
      index: 0,
      utterance: { role: "assistant", text },
      leftMs: 60_000,
    },
  });
}

/** The shard is seen to work on a call. */
function markAtWork(worker: FakeWorker, callId: string): void {
  const start = worker.posted[0];
  assert.ok(start.type === "start");
  const open = worker.posted.find((message) =>
    message.type === "open" && message.callId === callId
  );
  assert.ok(open?.type === "open");
  new WorkMark(start.settings.workMark).begin(open.serial);
}

/** What another node has left of a call. */
function recordBefore(
  callId: string,
  transcript: readonly StoredUtterance[],
): CallRecord {
  return { ...recordOf(callId), assistantId: "sales", transcript };
}

/** A call is being carried: it was answered and nobody has let go of it. */
function assertCarried({ told }: ScriptedControl): void {
  const expected = ["takeOver", "answer", "startUnicast 127.0.0.1:40000"];
  assert.deepEqual(told, expected);
}

Deno.test("a call is carried to its end, and its place is free again", async () => {
  using rig = new DeskRig();
  const control = await rig.talk("a");
  assertCarried(control);
  assert.deepEqual([rig.desk.size, rig.admission.taken], [1, 1]);
  assert.equal(await rig.value("vapi_active_calls"), 1);
  await hangUp(control);
  assert.equal(control.told.at(-1), "leave");
  assert.deepEqual([rig.desk.size, rig.admission.taken], [0, 0]);
  assert.deepEqual([rig.rings.lent, rig.pendingTimers], [0, 0]);
  assert.equal(await rig.value("vapi_active_calls"), 0);
  assert.equal(await rig.value("vapi_calls_total"), 1);
  assert.equal(await rig.value('vapi_calls_ended_total{by="hangup"}'), 1);
  const last = rig.logged.at(-1);
  assert.partialDeepStrictEqual(last, {
    message: "The call has ended",
    callId: "a",
    end: { by: "hangup" },
  });
});

Deno.test("a call more than the node may hold is refused, and one that comes later is not", async () => {
  using rig = new DeskRig({ most: 2 });
  const [first, second] = [await rig.talk("a"), await rig.talk("b")];
  const third = await rig.receive("c");
  const cause = "NORMAL_CIRCUIT_CONGESTION";
  assert.deepEqual(third.told, refused(cause, "capacity"));
  const sample = 'vapi_calls_refused_total{reason="capacity"}';
  assert.equal(await rig.value(sample), 1);
  assert.equal(rig.desk.size, 2);
  await hangUp(first);
  assertCarried(await rig.talk("d"));
  assertCarried(second);
});

Deno.test("a second connection for a call that goes on is left alone in the end", async () => {
  using rig = new DeskRig();
  const first = await rig.talk("a");
  const second = await rig.receive("a");
  assert.deepEqual(second.told, []);
  await rig.timers.pass(5000);
  assert.deepEqual(second.told, ["leave"]);
  assertCarried(first);
  const sample = 'vapi_calls_refused_total{reason="duplicate"}';
  assert.equal(await rig.value(sample), 1);
  assert.deepEqual([rig.desk.size, rig.admission.taken], [1, 1]);
  // The first one still has its session.
  first.says.dtmf("5");
  assert.equal(rig.workers.newest.postedTypes.at(-1), "dtmf");
});

Deno.test("a refusal that FreeSWITCH does not take leaves all the same", async () => {
  using rig = new DeskRig({ most: 0 });
  const control = new ScriptedControl();
  const gone = () => Promise.reject(new RemoteError("-ERR no such channel"));
  control.outcomes.takeOver = gone;
  rig.desk.receive(control);
  await settle();
  assert.deepEqual(control.told, ["takeOver", "leave"]);
  const message = "FreeSWITCH could not be told of the refusal";
  assert.ok(rig.logged.some((line) => line.message === message));
  await rig.desk.drain(AbortSignal.abort());
});

for (
  const [asked, answers, warned] of [
    ["", "default", false],
    ["sales", "sales", false],
    ["nobody", "default", true],
    ["x".repeat(5000), "default", true],
  ] as const
) {
  Deno.test(`${answers} answers a call for ${asked.slice(0, 10) || "nobody in particular"}`, async () => {
    using rig = new DeskRig();
    await rig.receive("a", { assistantId: asked });
    assert.partialDeepStrictEqual(rig.workers.newest.posted[1], {
      type: "open",
      assistant: { id: answers },
    });
    const warnings = rig.logged.filter(({ level }) => level === "warn");
    assert.equal(warnings.length, warned ? 1 : 0);
    assert.ok(JSON.stringify(rig.logged).length < 2000, "the name is cut");
  });
}

Deno.test("FreeSWITCH that comes back with a channel gets it carried once the old connection is gone", async () => {
  using rig = new DeskRig({ most: 1 });
  const first = await rig.talk("a");
  const second = await rig.receive("a", { answered: true });
  first.says.closed("reset");
  await rig.timers.pass(2500);
  assert.equal(first.told.at(-1), "leave");
  rig.workers.newest.say({ type: "opened", callId: "a" });
  await settle();
  assertCarried(second);
  assert.equal(rig.admission.taken, 1);
});

Deno.test("a shard that dies costs no call: its own go on in another, with what was said", async () => {
  using rig = new DeskRig({ shards: 2 });
  const calls = [];
  for (const id of ["a", "b", "c", "d", "e", "f"]) {
    const shard = placeCall(id, 2);
    calls.push({ id, shard, control: await rig.talk(id, shard) });
  }
  const lost = calls.filter(({ shard }) => shard === 0);
  assert.ok(lost.length > 0 && lost.length < calls.length);
  const [dead, other] = rig.workers.made;
  for (const { id } of lost) say(dead, id, "您好");
  const before = other.posted.length;
  dead.crash("out of memory");
  await settle();
  for (const { control } of calls) assertCarried(control);
  const opened = other.posted.slice(before).filter(({ type }) =>
    type === "open"
  );
  assert.deepEqual(
    opened.map((message) => "callId" in message && message.callId),
    lost.map(({ id }) => id),
  );
  assert.partialDeepStrictEqual(opened[0], {
    resume: {
      history: [{ role: "assistant", text: "您好" }],
      owed: "rest",
    },
  });
  for (const { id } of lost) other.say({ type: "opened", callId: id });
  const sample = 'vapi_calls_resumed_total{after="shard"}';
  assert.equal(await rig.value(sample), lost.length);
  // The rings that the dead shard may still write are nobody's.
  const { lent, free } = rig.rings;
  assert.deepEqual([lent, free], [calls.length, SLAB_CALLS - lost.length]);
});

Deno.test("a call in whose hands two shards die is ended, alone", async () => {
  using rig = new DeskRig({ shards: 1 });
  const [bad, good] = [await rig.talk("bad"), await rig.talk("good")];
  for (let death = 0; death < 2; death++) {
    await rig.timers.pass(2000);
    rig.workers.newest.say({ type: "started" });
    await rig.timers.pass(10);
    const worker = rig.workers.newest;
    for (const callId of ["bad", "good"]) {
      worker.say({ type: "opened", callId });
    }
    markAtWork(worker, "bad");
    worker.crash("endless loop");
    await settle();
  }
  const farewell = refused("NORMAL_TEMPORARY_FAILURE", "shard").slice(1);
  assert.deepEqual(bad.told.slice(3), farewell);
  await rig.timers.pass(2000);
  rig.workers.newest.say({ type: "started" });
  await rig.timers.pass(10);
  assertCarried(good);
  const expected = ["start", "open", "attach"];
  assert.deepEqual(rig.workers.newest.postedTypes, expected);
});

Deno.test("while no shard is up calls are refused without taking a place, until one was replaced", async () => {
  using rig = new DeskRig({ most: 1 });
  rig.workers.newest.crash("out of memory");
  const early = await rig.receive("a");
  const expected = refused("NORMAL_TEMPORARY_FAILURE", "unready");
  assert.deepEqual(early.told, expected);
  assert.equal(rig.admission.taken, 0);
  await rig.timers.pass(1000);
  assert.deepEqual((await rig.receive("b")).told, expected);
  rig.workers.newest.say({ type: "started" });
  assertCarried(await rig.talk("a", 1));
});

Deno.test("a scrape shows each shard's calls and the frames of those that go on", async () => {
  using rig = new DeskRig({ shards: 2 });
  const shard = placeCall("a", 2);
  const control = await rig.talk("a", shard);
  rig.desk.measure();
  assert.equal(await rig.value("vapi_active_calls"), 1);
  const calls = (of: number) => rig.value(`vapi_shard_calls{shard="${of}"}`);
  assert.equal(await calls(shard), 1);
  assert.equal(await calls(1 - shard), 0);
  assert.equal(
    await rig.value('vapi_audio_frames_total{direction="uplink"}'),
    7,
  );
  await hangUp(control);
  rig.desk.measure();
  assert.equal(await calls(shard), 0);
  assert.equal(
    await rig.value('vapi_audio_frames_total{direction="uplink"}'),
    7,
  );
});

Deno.test("a drain lets nobody in and is over when the last call is", async () => {
  using rig = new DeskRig();
  const calls = [await rig.talk("a"), await rig.talk("b")];
  const deadline = new AbortController();
  let over = false;
  const drained = rig.desk.drain(deadline.signal).then(() => over = true);
  const late = await rig.receive("c");
  const expected = refused("NORMAL_TEMPORARY_FAILURE", "draining");
  assert.deepEqual(late.told, expected);
  await hangUp(calls[0]);
  await rig.timers.pass(60_000);
  assert.equal(over, false);
  assertCarried(calls[1]);
  await hangUp(calls[1]);
  assert.ok(over);
  await drained;
  assert.equal(await rig.value('vapi_calls_ended_total{by="hangup"}'), 2);
});

for (const when of ["passes", "has passed before"]) {
  Deno.test(`a drain whose deadline ${when} leaves the calls to the dialplan`, async () => {
    using rig = new DeskRig();
    const calls = [await rig.talk("a"), await rig.receive("b")];
    const deadline = new AbortController();
    if (when === "has passed before") deadline.abort();
    const drained = rig.desk.drain(deadline.signal);
    if (when === "passes") {
      await rig.timers.pass(2000);
      assert.equal(rig.desk.size, 2);
      deadline.abort();
    }
    await drained;
    for (const { told } of calls) {
      const farewell = refused("NORMAL_TEMPORARY_FAILURE", "drain").slice(1);
      assert.deepEqual(told.slice(-3), farewell);
    }
    assert.deepEqual([rig.desk.size, rig.admission.taken], [0, 0]);
    assert.deepEqual([rig.rings.lent, rig.pendingTimers], [0, 0]);
    assert.equal(await rig.value('vapi_calls_ended_total{by="drain"}'), 2);
  });
}

Deno.test("a drain without calls is over at once", async () => {
  using rig = new DeskRig();
  await rig.desk.drain(new AbortController().signal);
  assert.ok(rig.admission.draining);
});

Deno.test("a call that another node has begun goes on with its history and its assistant", async () => {
  using rig = new DeskRig();
  const said = { role: "caller", text: "查订单", atMs: 2 } as const;
  rig.store.earlier.set("a", recordBefore("a", [said]));
  const control = await rig.receive("a", { answered: true });
  // It is in mid-call: audio does not wait for the model.
  assertCarried(control);
  assert.partialDeepStrictEqual(rig.workers.newest.posted[1], {
    type: "open",
    assistant: { id: "sales" },
    resume: { history: [{ role: "caller", text: "查订单" }], owed: "answer" },
  });
  const fact = { fact: "resumed", supplier: "stepfun" } as const;
  rig.workers.newest.say({ type: "fact", callId: "a", fact });
  const sample = 'vapi_calls_resumed_total{after="node"}';
  assert.equal(await rig.value(sample), 1);
  assert.deepEqual(rig.store.typesOf("a"), ["failover", "answered"]);
});

Deno.test("a call that another node let go of while it rang begins anew, and waits for its model", async () => {
  using rig = new DeskRig();
  const said = {
    role: "assistant",
    text: "您好",
    atMs: 2,
    heardByMs: 9,
  } as const;
  rig.store.earlier.set("a", recordBefore("a", [said]));
  const control = await rig.receive("a", { answered: false });
  assert.deepEqual(control.told, ["takeOver"]);
  const opened = rig.workers.newest.posted[1];
  assert.ok(opened.type === "open");
  assert.equal(opened.resume, undefined);
});

Deno.test("a call that another node let go of while it rang is refused like any other for overload", async () => {
  using rig = new DeskRig();
  rig.overloaded = true;
  rig.store.earlier.set("a", recordBefore("a", []));
  const control = await rig.receive("a", { answered: false });
  assert.ok(control.told.includes("setVariable vapi_reason=overload"));
});

Deno.test("a call that another node has taken is let go of, and neither hung up nor ended", async () => {
  using rig = new DeskRig();
  const control = await rig.talk("a");
  rig.desk.taken("a");
  control.says.closed("reset");
  await settle();
  assertCarried({ ...control, told: control.told.slice(0, 3) } as never);
  assert.deepEqual(control.told.slice(3), ["leave"]);
  assert.ok(!rig.store.typesOf("a").includes("ended"));
  assert.deepEqual(rig.store.finished, []);
  assert.equal(rig.admission.taken, 0);
});

Deno.test("a call that ends leaves its events, its cost and no record", async () => {
  using rig = new DeskRig();
  const control = await rig.talk("a");
  rig.workers.newest.answersClose = false;
  control.says.hungUp("NORMAL_CLEARING");
  control.says.closed("end of file");
  await settle();
  const usage = [{
    supplier: "stepfun",
    uplinkMs: 60_000,
    downlinkMs: 20_000,
    inputTokens: 0,
    outputTokens: 0,
  }];
  rig.workers.newest.say({
    type: "closed",
    callId: "a",
    summary: { turns: 3, bargeIns: 1, heardMs: 18_000, usage },
  });
  await settle();
  assert.deepEqual(rig.store.typesOf("a"), ["started", "answered", "ended"]);
  assert.deepEqual(rig.store.finished, ["a"]);
  assert.partialDeepStrictEqual(rig.store.appended.at(-1), {
    data: { by: "hangup", cause: "NORMAL_CLEARING", turns: 3, costCny: 0.36 },
  });
  const cost = 'vapi_cost_cny_total{supplier="stepfun",kind="audio_in"}';
  assert.equal(await rig.value(cost), 0.3);
  assert.equal(rig.store.costs.spentTodayCny.toFixed(2), "0.36");
});

for (const handover of [true, false]) {
  Deno.test(`a drain with the hand-over ${handover ? "on leaves the call's record" : "off leaves nothing"} for another node`, async () => {
    using rig = new DeskRig({ handover });
    await rig.talk("a");
    await rig.desk.drain(AbortSignal.abort());
    assert.deepEqual(rig.store.parted.length, handover ? 1 : 0);
    assert.deepEqual(rig.store.finished, handover ? [] : ["a"]);
    const types = handover ? ["parted"] : ["ended"];
    assert.deepEqual(rig.store.typesOf("a").slice(2), types);
    const handed = await rig.value("vapi_calls_handed_over_total");
    assert.equal(handed, handover ? 1 : 0);
  });
}

Deno.test("while the node is overloaded new calls are refused and calls in progress go on here", async () => {
  using rig = new DeskRig();
  const running = await rig.talk("a");
  rig.overloaded = true;
  const fresh = await rig.receive("b");
  const cause = "NORMAL_CIRCUIT_CONGESTION";
  assert.deepEqual(fresh.told, refused(cause, "overload"));
  assertCarried(running);
  assert.equal(rig.admission.taken, 1);
  assert.deepEqual(rig.store.typesOf("b"), []);
  // It was never taken, so that what a round before has left is ended by the sweep.
  assert.deepEqual(rig.store.finished, []);
  rig.store.earlier.set("c", recordBefore("c", []));
  assertCarried(await rig.receive("c", { answered: true }));
});

Deno.test("the day's budget warns once at 80 % and refuses at its end", async () => {
  using rig = new DeskRig({ budgetCnyPerDay: 10 });
  const warnings = () =>
    rig.logged.filter(({ message }) => /budget is nearly/.test(`${message}`));
  await rig.talk("a");
  assert.equal(warnings().length, 0);
  rig.store.costs.add(8);
  await rig.talk("b");
  await rig.talk("c");
  assert.equal(warnings().length, 1);
  rig.store.costs.add(2);
  const late = await rig.receive("d");
  assert.deepEqual(late.told, refused("NORMAL_CIRCUIT_CONGESTION", "budget"));
});

Deno.test("a call that the store still answers for when the drain is over is left as well", async () => {
  using rig = new DeskRig();
  const { promise, resolve } = Promise.withResolvers<void>();
  rig.store.taking = promise;
  const control = await rig.receive("a");
  assert.deepEqual(control.told, []);
  const drained = rig.desk.drain(AbortSignal.abort());
  resolve();
  await drained;
  assert.equal(control.told.at(-1), "leave");
  assert.equal(rig.admission.taken, 0);
});
