import assert from "node:assert/strict";
import { levelFrame } from "../support/ring_frames.ts";
import { until } from "../support/fake_timers.ts";
import { frameNumbers, UnicastRig } from "../support/unicast_rig.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => from + i);

Deno.test("the first datagram starts the leg and reaches the shard bit by bit", async () => {
  using rig = new UnicastRig();
  await rig.peer.sendFrame(77);
  await rig.started;
  assert.deepEqual(rig.hear(), [77]);
  assert.equal(rig.pressed, 1);
  assert.equal(rig.leg.counts.uplinkFrames, 1);
});

Deno.test("a leg that hears nothing at all rejects with TimeoutError", async () => {
  using rig = new UnicastRig();
  await rig.timers.pass(1999);
  await rig.timers.pass(1);
  await assert.rejects(rig.started, { name: "TimeoutError" });
});

Deno.test("a leg that hears something in time does not time out", async () => {
  using rig = new UnicastRig();
  await rig.timers.pass(1990);
  await rig.peer.sendFrame(0);
  await rig.started;
  await rig.timers.pass(5000);
  assert.equal(rig.leg.counts.uplinkFrames, 1);
});

Deno.test("a datagram of another address is dropped, counted and not answered", async () => {
  using rig = new UnicastRig();
  rig.say(5);
  const stranger = rig.stranger("127.0.0.3");
  for (let i = 0; i < 3; i++) await stranger.sendFrame(i);
  await until(() => rig.leg.counts.foreign === 3);
  await stranger.drained();
  assert.equal(stranger.received.length, 0);
  assert.deepEqual(rig.hear(), []);
  assert.equal(rig.pressed, 0);
  await rig.speak(2);
  assert.deepEqual(rig.hear(), [0, 1]);
});

Deno.test("a stranger alone does not start a leg", async () => {
  using rig = new UnicastRig();
  await rig.stranger("127.0.0.3").sendFrame(0);
  await until(() => rig.leg.counts.foreign === 1);
  await rig.timers.pass(2000);
  await assert.rejects(rig.started, { name: "TimeoutError" });
});

for (const sizeBytes of [0, 1, 319, 321, 640, 4000, 5000]) {
  Deno.test(`a datagram of ${sizeBytes} bytes is dropped, counted and not answered`, async () => {
    using rig = new UnicastRig();
    await rig.speak(1);
    rig.say(5);
    await rig.peer.send(new Uint8Array(sizeBytes));
    await until(() => rig.leg.counts.wrongSize === 1);
    await rig.peer.drained();
    assert.equal(rig.peer.received.length, 0);
    await rig.speak(1);
    assert.deepEqual(rig.hear(), [0, 1]);
    await rig.peer.drained();
    assert.deepEqual(frameNumbers(rig.peer.received), [0]);
  });
}

Deno.test("a datagram of the wrong size does not start a leg", async () => {
  using rig = new UnicastRig();
  await rig.peer.send(new Uint8Array(319));
  await until(() => rig.leg.counts.wrongSize === 1);
  await rig.timers.pass(2000);
  await assert.rejects(rig.started, { name: "TimeoutError" });
});

Deno.test("each datagram is answered with one, in order, while there is speech", async () => {
  using rig = new UnicastRig();
  assert.equal(rig.say(8), 8);
  await rig.speak(5);
  assert.equal(rig.say(5), 5);
  await rig.speak(10);
  await rig.peer.drained();
  const ramp = rig.peer.received.pop();
  assert.equal(ramp?.length, 320);
  assert.deepEqual(frameNumbers(rig.peer.received), range(0, 13));
  assert.equal(rig.leg.counts.downlinkFrames, 13);
  assert.deepEqual(rig.hear(), range(0, 15));
});

Deno.test("datagrams that come at once after a pause are answered with three at the most", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  assert.equal(rig.say(8), 8);
  await rig.timers.pass(50);
  for (let i = 1; i <= 40; i++) await rig.peer.sendFrame(i);
  await until(() => rig.leg.counts.uplinkFrames === 41);
  await rig.peer.drained();
  assert.deepEqual(frameNumbers(rig.peer.received), [0, 1, 2]);
  assert.deepEqual(rig.hear(), range(0, 41));
});

Deno.test("a flood is cut after 128 frames and counted, and the call goes on", async () => {
  using rig = new UnicastRig();
  for (let sent = 0; sent < 300;) {
    for (let i = 0; i < 20; i++) await rig.peer.sendFrame(sent++);
    await until(() => total(rig) === sent);
  }
  assert.equal(rig.leg.counts.uplinkFrames, 128);
  assert.equal(rig.leg.counts.flood, 172);
  rig.hear();
  await rig.speak(5);
  assert.equal(rig.leg.counts.flood, 172);
});

function total(rig: UnicastRig): number {
  return rig.leg.counts.uplinkFrames + rig.leg.counts.flood;
}

Deno.test("frames that find the uplink ring full are refused and counted, and still answered", async () => {
  using rig = new UnicastRig();
  // Two seconds.
  const capacity = 100;
  await rig.speak(capacity);
  rig.say(2);
  await rig.speak(2);
  assert.equal(rig.leg.counts.uplinkRefused, 2);
  await rig.peer.drained();
  assert.equal(rig.peer.received.length, 2);
  assert.deepEqual(rig.hear(), range(0, capacity));
});

Deno.test("speech that stops in mid-wave ends with one ramp, and a missing frame is counted", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  rig.downlink.setStreaming(true);
  rig.downlink.put(levelFrame(160, 9000));
  await rig.speak(4);
  await rig.peer.drained();
  assert.equal(rig.peer.received.length, 2);
  assert.equal(rig.leg.counts.downlinkMissed, 3);
  assert.equal(rig.leg.counts.downlinkFrames, 1);
  const ramp = new Int16Array(rig.peer.received[1].slice().buffer);
  assert.ok(ramp[0] > 8900 && ramp[39] === 0 && ramp[159] === 0);
});

Deno.test("a datagram that is missing is made up for the shard and counted", async () => {
  using rig = new UnicastRig();
  await rig.speak(5);
  await rig.timers.pass(20);
  await rig.speak(3);
  assert.equal(rig.uplink.queuedFrames, 9);
  assert.equal(rig.leg.counts.concealed, 1);
  assert.equal(rig.leg.counts.uplinkFrames, 8);
});

Deno.test("while FreeSWITCH sends nothing the shard gets a frame each 20 ms and is told", async () => {
  using rig = new UnicastRig();
  await rig.speak(5);
  const pressed = rig.pressed;
  await rig.timers.pass(1000);
  assert.equal(rig.leg.counts.concealed, 45);
  assert.equal(rig.uplink.queuedFrames, 50);
  assert.ok(rig.pressed >= pressed + 45);
});

Deno.test("frames that come in a burst after a pause of the node are all there is", async () => {
  using rig = new UnicastRig();
  await rig.speak(5);
  rig.timers.sleep(500);
  for (let i = 5; i < 30; i++) await rig.peer.sendFrame(i);
  await until(() => rig.leg.counts.uplinkFrames === 30);
  await rig.speak(5);
  assert.equal(rig.leg.counts.concealed, 0);
  assert.deepEqual(rig.hear(), range(0, 35));
});
