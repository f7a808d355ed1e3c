import assert from "node:assert/strict";
import { FakeTimers, settle } from "../support/fake_timers.ts";
import { PageRig } from "../support/page_rig.ts";

const ANSWERED = {
  type: "answered",
  rateHz: 16000,
  frameMs: 20,
  ticket: "second",
};

Deno.test("a page offers its ticket, and is told how its call stands", async () => {
  using page = new PageRig();
  await page.call.start();
  assert.deepEqual(page.socket.protocols, ["vapi.v1", "ticket.first"]);
  page.socket.say({ type: "ringing", callId: "a" });
  page.socket.say(ANSWERED);
  assert.deepEqual(page.told, ["ringing", "answered"]);
});

Deno.test("the microphone is heard from the answer on", async () => {
  using page = new PageRig();
  await page.call.start();
  page.record(new Int16Array(320));
  assert.equal(page.socket.sent.length, 0);
  page.socket.say(ANSWERED);
  page.record(new Int16Array(320));
  assert.equal(page.socket.sent.length, 1);
});

Deno.test("hanging up says so, ends once, and lets the microphone go", async () => {
  using page = new PageRig();
  await page.call.start();
  page.socket.say(ANSWERED);
  page.call.hangUp();
  page.call.hangUp();
  page.socket.lose(1000);
  assert.deepEqual(page.socket.sent, ['{"type":"hang_up"}']);
  assert.deepEqual(page.told, ["answered", "ended NORMAL_CLEARING"]);
  assert.equal(page.microphones, 0);
});

Deno.test("a lost connection is tried again with the newest ticket", async () => {
  using timers = new FakeTimers();
  using page = new PageRig();
  await page.call.start();
  page.socket.say(ANSWERED);
  page.socket.lose(1006);
  await timers.pass(300);
  assert.equal(page.sockets.length, 2);
  assert.deepEqual(page.socket.protocols, ["vapi.v1", "ticket.second"]);
  assert.deepEqual(page.told, ["answered", "away"]);
  assert.equal(page.microphones, 1);
});

Deno.test("a connection that stays away ends the call after 30 s, with fewer and fewer tries", async () => {
  using timers = new FakeTimers();
  using page = new PageRig();
  await page.call.start();
  page.socket.say(ANSWERED);
  page.socket.lose(1006);
  for (let ms = 0; ms < 31_000; ms += 100) {
    const { length } = page.sockets;
    await timers.pass(100);
    if (page.sockets.length > length) page.socket.lose(1006);
  }
  assert.equal(page.told.at(-1), "ended NETWORK_OUT_OF_ORDER");
  assert.ok(page.sockets.length > 5 && page.sockets.length < 20);
  assert.equal(page.microphones, 0);
  assert.equal(timers.pending, 0);
});

Deno.test("a try that neither opens nor fails ends the call after 30 s, too", async () => {
  using timers = new FakeTimers();
  using page = new PageRig();
  await page.call.start();
  page.socket.say(ANSWERED);
  page.socket.lose(1006);
  await timers.pass(31_000);
  assert.equal(page.told.at(-1), "ended NETWORK_OUT_OF_ORDER");
  assert.equal(page.microphones, 0);
});

Deno.test("a node that leaves is come back from, a hang-up is not", async () => {
  for (const mayReturn of [true, false]) {
    using timers = new FakeTimers();
    using page = new PageRig();
    await page.call.start();
    page.socket.say(ANSWERED);
    const why = { cause: "NORMAL_TEMPORARY_FAILURE", reason: "drain" };
    page.socket.say({ type: "ended", ...why, mayReturn });
    page.socket.lose(1000);
    await timers.pass(300);
    assert.equal(page.sockets.length, mayReturn ? 2 : 1);
    const last = mayReturn ? "away" : "ended NORMAL_TEMPORARY_FAILURE";
    assert.equal(page.told.at(-1), last);
    page.call.hangUp();
  }
});

Deno.test("a call that was never answered is not come back to", async () => {
  using page = new PageRig();
  await page.call.start();
  page.socket.lose(1006);
  assert.deepEqual(page.told, ["ended NETWORK_OUT_OF_ORDER"]);
});

Deno.test("a network that takes nothing for two seconds is lost", async () => {
  using timers = new FakeTimers();
  using page = new PageRig();
  await page.call.start();
  page.socket.say(ANSWERED);
  const { socket } = page;
  socket.bufferedAmount = 64_001;
  page.record(new Int16Array(320));
  assert.deepEqual(socket.closings, [4000]);
  // The browser tells of it later, if at all.
  socket.lose(4000);
  assert.deepEqual(page.told, ["answered", "away"]);
  await timers.pass(300);
  assert.equal(page.sockets.length, 2);
  page.call.hangUp();
});

for (const step of ["getUserMedia", "AudioContext", "addModule", "WebSocket"]) {
  Deno.test(`a call that fails at ${step} ends, and leaves no microphone on`, async () => {
    using page = new PageRig({ fails: step });
    await assert.rejects(page.call.start(), /broken/);
    assert.deepEqual(page.told, ["ended LOCAL_ERROR"]);
    assert.equal(page.microphones, 0);
  });
}

Deno.test("who hangs up while the browser asks for the microphone leaves none on", async () => {
  using page = new PageRig();
  const started = page.call.start();
  page.call.hangUp();
  await started;
  await settle();
  assert.deepEqual(page.told, ["ended NORMAL_CLEARING"]);
  assert.deepEqual([page.microphones, page.sockets.length], [0, 0]);
});

Deno.test("a call is started once", async () => {
  using page = new PageRig();
  await page.call.start();
  await assert.rejects(page.call.start(), /once/);
  assert.equal(page.microphones, 1);
});

Deno.test("what was said stands in its order, over all connections", async () => {
  using timers = new FakeTimers();
  using page = new PageRig();
  await page.call.start();
  page.socket.say(ANSWERED);
  const say = (index: number, text: string, change = "insert") =>
    page.socket.say({ type: "said", change, index, role: "caller", text });
  say(0, "one");
  say(1, "three");
  say(1, "two");
  say(2, "THREE", "replace");
  page.socket.lose(1006);
  await timers.pass(300);
  // The conversation has three lines already.
  say(3, "four");
  assert.deepEqual(page.lines, ["one", "two", "THREE", "four"]);
  page.call.hangUp();
});
