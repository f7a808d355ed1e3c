import assert from "node:assert/strict";
import { RemoteError } from "../../src/errors.ts";
import { placeCall } from "../../src/router/placement.ts";
import { ScriptedControl } from "../support/call_rig.ts";
import { DeskRig, hangUp } from "../support/desk_rig.ts";
import { settle } from "../support/fake_timers.ts";

/** What a channel is told that is left to the dialplan from the start. */
function refused(cause: string, reason: string): string[] {
  return [
    "takeOver",
    `setVariable vapi_cause=${cause}`,
    `setVariable vapi_reason=${reason}`,
    "leave",
  ];
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
  assert.deepEqual([rig.rings.lent, rig.timers.pending], [0, 0]);
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

Deno.test("a second connection for a call that is being carried is left alone", async () => {
  using rig = new DeskRig();
  const first = await rig.talk("a");
  const second = await rig.receive("a");
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

Deno.test("a shard that dies ends its calls, leaves them to the dialplan, and touches no other", async () => {
  using rig = new DeskRig({ shards: 2 });
  const ids = ["a", "b", "c", "d", "e", "f"];
  const calls = [];
  for (const id of ids) {
    const shard = placeCall(id, 2);
    calls.push({ shard, control: await rig.talk(id, shard) });
  }
  const lost = calls.filter(({ shard }) => shard === 0);
  const kept = calls.filter(({ shard }) => shard === 1);
  assert.ok(lost.length > 0 && kept.length > 0);
  rig.workers.made[0].crash("out of memory");
  await settle();
  for (const { control } of lost) {
    const farewell = refused("NORMAL_TEMPORARY_FAILURE", "shard").slice(1);
    assert.deepEqual(control.told.slice(3), farewell);
  }
  for (const { control } of kept) assertCarried(control);
  const ended = await rig.value('vapi_calls_ended_total{by="shard"}');
  assert.equal(ended, lost.length);
  assert.equal(rig.admission.taken, kept.length);
  assert.deepEqual([rig.rings.lent, rig.rings.free], [kept.length, 0]);
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
    assert.deepEqual([rig.rings.lent, rig.timers.pending], [0, 0]);
    assert.equal(await rig.value('vapi_calls_ended_total{by="drain"}'), 2);
  });
}

Deno.test("a drain without calls is over at once", async () => {
  using rig = new DeskRig();
  await rig.desk.drain(new AbortController().signal);
  assert.ok(rig.admission.draining);
});
