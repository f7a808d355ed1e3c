import { LINK_SETTINGS } from "../support/call_rig.ts";
import assert from "node:assert/strict";
import { ShardLink } from "../../src/router/shard_link.ts";
import type { SessionEvents } from "../../src/router/session_handle.ts";
import { WorkMark } from "../../src/ring/work_mark.ts";
import { allocateRings } from "../../src/ring/layout.ts";
import { loadedAssistant } from "../support/config_sources.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { EMPTY_SUMMARY, FakeWorker } from "../support/fake_worker.ts";

function open() {
  const worker = new FakeWorker();
  const logged: string[] = [];
  const deaths: unknown[] = [];
  const link = new ShardLink({
    shard: 3,
    start: worker.start,
    settings: LINK_SETTINGS,
    log: (line) => logged.push(line),
    silentMs: 800,
    supplier: (...tried) => logged.push(tried.join(" ")),
    delayed: () => {},
    died: (error) => deaths.push(error),
  });
  return { worker, link, logged, deaths };
}

/** What a session told its call. */
function listen(): { events: SessionEvents; heard: unknown[] } {
  const heard: unknown[] = [];
  const events: SessionEvents = {
    opened: () => heard.push("opened"),
    failed: (kind, message) => heard.push([kind, message]),
    fact: (fact) => heard.push(fact),
    finished: (reason) => heard.push(`finished: ${reason}`),
    functionCalled: ({ name }) => heard.push(`function ${name}`),
    lost: (atWork) => heard.push(atWork ? "lost at work" : "lost"),
  };
  return { events, heard };
}

const call = (callId: string) => ({ callId, assistant: loadedAssistant() });

Deno.test("a link tells its shard who it is, first, and runs once the shard says so", async () => {
  const { worker, link } = open();
  assert.partialDeepStrictEqual(worker.posted, [
    { type: "start", settings: { ...LINK_SETTINGS, shard: 3 } },
  ]);
  assert.equal(link.running, false);
  worker.say({ type: "started" });
  await link.started;
  assert.ok(link.running);
});

Deno.test("each session hears its own news and no other's", () => {
  const { worker, link, logged } = open();
  const [a, b] = [listen(), listen()];
  link.open(call("a"), a.events);
  link.open(call("b"), b.events);
  assert.equal(link.size, 2);
  worker.say({ type: "opened", callId: "a" });
  worker.say({ type: "failed", callId: "b", kind: "payment", message: "m" });
  const fact = { fact: "turn", latencyMs: 1 } as const;
  worker.say({ type: "fact", callId: "a", fact });
  worker.say({ type: "fact", callId: "stranger", fact });
  worker.say({ type: "log", line: "a line" });
  assert.deepEqual(a.heard, ["opened", fact]);
  assert.deepEqual(b.heard, [["payment", "m"]]);
  assert.deepEqual(logged, ["a line"]);
});

Deno.test("what a call asks of its session is posted with its id", () => {
  const { worker, link } = open();
  const handle = link.open(call("a"), listen().events);
  const rings = allocateRings();
  handle.attach({ rings, rateHz: 8000, frameSamples: 160 });
  handle.pressKey("5");
  handle.hold(true);
  assert.equal(handle.shard, 3);
  assert.deepEqual(worker.posted.slice(2), [
    { type: "attach", callId: "a", rings, rateHz: 8000, frameSamples: 160 },
    { type: "dtmf", callId: "a", digit: "5" },
    { type: "hold", callId: "a", isHeld: true },
  ]);
});

Deno.test("closing a session gives its summary once the shard has let go", async () => {
  using timers = new FakeTimers();
  const { link } = open();
  const handle = link.open(call("a"), listen().events);
  assert.deepEqual(await handle.close(2000), EMPTY_SUMMARY);
  assert.equal(link.size, 0);
  assert.equal(timers.pending, 0);
  assert.equal(await handle.close(2000), undefined);
});

Deno.test("a shard that does not answer a close is waited for no longer than asked", async () => {
  using timers = new FakeTimers();
  const { link, worker } = open();
  worker.answersClose = false;
  const handle = link.open(call("a"), listen().events);
  const closed = handle.close(2000);
  await timers.pass(1999);
  assert.equal(link.size, 1);
  await timers.pass(1);
  assert.equal(await closed, undefined);
  assert.equal(link.size, 0);
});

for (const given of [1, 3]) {
  Deno.test(`late news of ${given} sessions that were given up is not taken for that of a newer one of the same call`, async () => {
    using timers = new FakeTimers();
    const { link, worker } = open();
    worker.answersClose = false;
    const old = listen();
    for (let i = 0; i < given; i++) {
      const closed = link.open(call("a"), old.events).close(2000);
      await timers.pass(2000);
      assert.equal(await closed, undefined);
    }
    const { events, heard } = listen();
    const handle = link.open(call("a"), events);
    const summary = EMPTY_SUMMARY;
    const fact = { fact: "turn", latencyMs: 1 } as const;
    for (let i = 0; i < given; i++) {
      worker.say({ type: "opened", callId: "a" });
      worker.say({ type: "fact", callId: "a", fact });
      worker.say({ type: "failed", callId: "a", kind: "closed", message: "" });
      worker.say({ type: "closed", callId: "a", summary });
    }
    assert.deepEqual([old.heard, heard], [[], []]);
    worker.say({ type: "opened", callId: "a" });
    assert.deepEqual(heard, ["opened"]);
    const closing = handle.close(2000);
    await timers.pass(1000);
    assert.equal(link.size, 1);
    worker.say({
      type: "closed",
      callId: "a",
      summary: { ...summary, turns: 9 },
    });
    assert.deepEqual(await closing, { ...summary, turns: 9 });
    assert.deepEqual([link.size, timers.pending], [0, 0]);
  });
}

Deno.test("a session that is closed twice at once and given up is awaited once", async () => {
  using timers = new FakeTimers();
  const { link, worker } = open();
  worker.answersClose = false;
  const first = link.open(call("a"), listen().events);
  const closings = [first.close(1000), first.close(1500)];
  await timers.pass(1500);
  assert.deepEqual(await Promise.all(closings), [undefined, undefined]);
  const { events, heard } = listen();
  link.open(call("a"), events);
  worker.say({ type: "closed", callId: "a", summary: EMPTY_SUMMARY });
  worker.say({ type: "opened", callId: "a" });
  assert.deepEqual(heard, ["opened"]);
  assert.equal(timers.pending, 0);
});

Deno.test("the hold on a session that is over does nothing to a newer one of the same call", async () => {
  const { link, worker } = open();
  const old = link.open(call("a"), listen().events);
  await old.close(2000);
  link.open(call("a"), listen().events);
  const posted = worker.posted.length;
  old.pressKey("1");
  old.attach({ rings: allocateRings(), rateHz: 8000, frameSamples: 160 });
  assert.equal(await old.close(2000), undefined);
  assert.equal(worker.posted.length, posted);
  assert.equal(link.size, 1);
});

for (const way of ["crashes", "is ended"]) {
  Deno.test(`a shard that ${way} loses every session, once, and is told as dead`, async () => {
    const { worker, link, deaths } = open();
    const [a, b] = [listen(), listen()];
    const handle = link.open(call("a"), a.events);
    link.open(call("b"), b.events);
    worker.answersClose = false;
    const closed = handle.close(60_000);
    if (way === "crashes") worker.crash("out of memory");
    else link.terminate();
    link.terminate();
    assert.equal(await closed, undefined);
    await assert.rejects(link.started);
    assert.deepEqual([a.heard, b.heard], [["lost"], ["lost"]]);
    assert.equal(deaths.length, 1);
    assert.equal(worker.terminations, 1);
    assert.deepEqual([link.running, link.size], [false, 0]);
  });
}

Deno.test("a dead shard hears and says nothing more", () => {
  const { worker, link } = open();
  const { events, heard } = listen();
  const handle = link.open(call("a"), events);
  link.terminate();
  const posted = worker.posted.length;
  handle.pressKey("1");
  worker.say({ type: "opened", callId: "a" });
  worker.say({ type: "started" });
  assert.equal(worker.posted.length, posted);
  assert.deepEqual(heard, ["lost"]);
  assert.equal(link.running, false);
});

Deno.test("a session that is opened when the shard has just died is lost, and closes", async () => {
  const { worker, link } = open();
  worker.crash("boom");
  const { events, heard } = listen();
  const session = link.open(call("a"), events);
  assert.deepEqual(heard, []);
  await Promise.resolve();
  assert.deepEqual(heard, ["lost"]);
  assert.equal(await session.close(1000), undefined);
  assert.equal(link.size, 0);
});

Deno.test("a shard that answers late but comes round is kept, one that does neither is given up", async () => {
  using timers = new FakeTimers();
  const { worker, link, deaths } = open();
  worker.say({ type: "started" });
  worker.answersPing = false;
  const [start] = worker.posted;
  assert.ok(start.type === "start");
  const mark = new WorkMark(start.settings.workMark);
  for (let beat = 0; beat < 50; beat++) {
    mark.round();
    await timers.pass(200);
    link.beat(0);
  }
  assert.deepEqual(deaths, []);
  for (let beat = 0; beat < 4; beat++) {
    await timers.pass(200);
    link.beat(0);
  }
  assert.match(String(deaths[0]), /No sign of life for 800 ms/);
});
