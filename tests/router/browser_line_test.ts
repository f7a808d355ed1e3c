import assert from "node:assert/strict";
import { settle } from "../support/fake_timers.ts";
import { CallRig, type ScriptedControl } from "../support/call_rig.ts";
import { DeskRig } from "../support/desk_rig.ts";

function isCarried({ told }: ScriptedControl): boolean {
  return !told.includes("leave");
}

Deno.test("a browser whose audio pauses is not asked whether it is there; FreeSWITCH is", async () => {
  for (const line of ["browser", "telephone"] as const) {
    using rig = new CallRig(undefined, { line });
    await rig.talk();
    rig.leg.started!.onPaused!();
    await settle();
    assert.equal(rig.control.told.includes("exists"), line === "telephone");
    rig.control.says.closed("end of file");
    await settle();
  }
});

Deno.test("a call that shows what was said is given each line", async () => {
  using rig = new CallRig();
  const shown: unknown[] = [];
  Object.assign(rig.control, { show: (line: unknown) => shown.push(line) });
  await rig.talk();
  const change = { change: "insert", index: 0, leftMs: 0 } as const;
  const utterance = { role: "caller", text: "您好" } as const;
  rig.worker.say({
    type: "fact",
    callId: "call",
    fact: { fact: "said", ...change, utterance },
  });
  await settle();
  const expected = { change: "insert", index: 0, ...utterance };
  assert.deepEqual(shown, [expected]);
});

Deno.test("a browser that comes back takes the place of its old connection at once", async () => {
  using rig = new DeskRig({ most: 1 });
  const first = await rig.talk("a");
  const second = await rig.receive("a", { line: "browser", answered: true });
  await rig.timers.pass(2500);
  assert.equal(first.told.at(-1), "leave");
  rig.workers.newest.say({ type: "opened", callId: "a" });
  await settle();
  assert.ok(isCarried(second));
  assert.equal(rig.admission.taken, 1);
});

const BACK = { line: "browser", answered: true } as const;

async function talkByBrowser(rig: DeskRig): Promise<ScriptedControl> {
  const control = await rig.receive("a", { line: "browser" });
  rig.workers.newest.say({ type: "opened", callId: "a" });
  await settle();
  return control;
}

Deno.test("a browser that comes back waits for nothing that browsers have not", async () => {
  using rig = new DeskRig();
  const first = await talkByBrowser(rig);
  const second = await rig.receive("a", BACK);
  await rig.timers.pass(50);
  assert.equal(first.told.at(-1), "leave");
  rig.workers.newest.say({ type: "opened", callId: "a" });
  await settle();
  assert.ok(second.told.includes("answer"));
  assert.ok(isCarried(second));
});

Deno.test("of several connections with which a browser comes back, the newest is carried", async () => {
  for (const apartMs of [0, 2, 5, 15, 100]) {
    using rig = new DeskRig();
    await talkByBrowser(rig);
    const older = [await rig.receive("a", BACK)];
    for (let i = 0; i < 3; i++) {
      await rig.timers.pass(apartMs);
      older.push(await rig.receive("a", BACK));
    }
    const newest = await rig.receive("a", BACK);
    await rig.timers.pass(200);
    rig.workers.newest.say({ type: "opened", callId: "a" });
    await settle();
    for (const control of older) assert.ok(!isCarried(control), `${apartMs}`);
    assert.ok(newest.told.includes("answer"), `${apartMs}`);
    assert.ok(isCarried(newest), `${apartMs}`);
    assert.equal(rig.admission.taken, 1);
  }
});

Deno.test("a browser whose place is not let go may come back once more", async () => {
  using rig = new DeskRig();
  await talkByBrowser(rig);
  rig.workers.newest.answersClose = false;
  rig.store.calls.part = () => new Promise(() => {});
  const second = await rig.receive("a", BACK);
  await rig.timers.pass(4000);
  assert.deepEqual(second.told, ["setVariable vapi_reason=duplicate", "leave"]);
});

Deno.test("a second connection of a browser that was never answered is refused", async () => {
  using rig = new DeskRig();
  const first = await rig.talk("a");
  const second = await rig.receive("a", { line: "browser", answered: false });
  await rig.timers.pass(5000);
  assert.ok(isCarried(first));
  assert.deepEqual(second.told, ["leave"]);
});

Deno.test("a browser that has gone while it waited for its old connection is not carried", async () => {
  using rig = new DeskRig({ most: 1 });
  const first = await rig.talk("a");
  const second = await rig.receive("a", { line: "browser", answered: true });
  second.there = false;
  await rig.timers.pass(2500);
  assert.equal(first.told.at(-1), "leave");
  assert.deepEqual(second.told, ["exists"]);
  assert.deepEqual([rig.desk.size, rig.admission.taken], [0, 0]);
});

Deno.test("an operator ends a call that is here, and no other", async () => {
  using rig = new DeskRig();
  const control = await rig.talk("a");
  assert.equal(rig.desk.hangUp("b"), false);
  assert.equal(rig.desk.hangUp("a"), true);
  await settle();
  assert.ok(control.told.includes("hangUp NORMAL_CLEARING"));
});

Deno.test("the desk shows its calls as they stand", async () => {
  using rig = new DeskRig();
  await rig.receive("a", { callerNumber: "13800138000", calledNumber: "1000" });
  const talking = await rig.talk("b");
  talking.says.held(true);
  assert.partialDeepStrictEqual(rig.desk.views(), [
    {
      callId: "a",
      line: "telephone",
      caller: "13800138000",
      called: "1000",
      assistantId: "default",
      state: "connecting",
      supplier: "stepfun",
      shard: 0,
      resumed: false,
      talkMs: undefined,
    },
    { callId: "b", state: "on_hold" },
  ]);
  assert.equal(rig.desk.view("b")?.callId, "b");
  assert.equal(rig.desk.view("c"), undefined);
});
