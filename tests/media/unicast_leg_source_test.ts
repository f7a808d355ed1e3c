import assert from "node:assert/strict";
import { until } from "../support/fake_timers.ts";
import { frameNumbers, UnicastRig } from "../support/unicast_rig.ts";

Deno.test("a source that has spoken is pinned: another port of the same host is foreign", async () => {
  using rig = new UnicastRig();
  await rig.speak(3);
  rig.say(3);
  const late = rig.stranger();
  await late.sendFrame(99);
  await until(() => rig.leg.counts.foreign === 1);
  await late.drained();
  assert.equal(late.received.length, 0);
  await rig.speak(1);
  await rig.peer.drained();
  assert.deepEqual(frameNumbers(rig.peer.received), [0]);
  assert.deepEqual(rig.hear(), [0, 1, 2, 3]);
});

for (const before of [0, 1, 2]) {
  Deno.test(`a late packet of an earlier call after ${before} frames does not take the call over`, async () => {
    using rig = new UnicastRig();
    await rig.speak(before);
    await rig.speak(1, rig.stranger());
    await rig.speak(10);
    assert.equal(rig.leg.counts.foreign, 0);
    rig.say(3);
    await rig.speak(3);
    await rig.peer.drained();
    assert.deepEqual(frameNumbers(rig.peer.received), [0, 1, 2]);
  });
}

Deno.test("two late packets before the right source do not take the call over", async () => {
  using rig = new UnicastRig();
  await rig.speak(2, rig.stranger());
  await rig.speak(4);
  rig.say(1);
  await rig.speak(1);
  await rig.peer.drained();
  assert.equal(rig.peer.received.length, 1);
});

Deno.test("while the uplink is silent the downlink goes on by our clock", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  await rig.sayFor(59);
  await rig.peer.drained();
  assert.equal(rig.peer.received.length, 0);
  await rig.sayFor(1 + 460);
  await rig.peer.drained();
  const expected = Array.from({ length: 24 }, (_, i) => i);
  assert.deepEqual(frameNumbers(rig.peer.received), expected);
  const pressed = rig.pressed;
  await rig.timers.pass(100);
  assert.ok(rig.pressed >= pressed + 5, "the shard is not told");
});

Deno.test("an uplink that comes back paces again, without a burst", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  await rig.sayFor(300);
  await rig.peer.drained();
  const before = rig.peer.received.length;
  assert.ok(before > 0, "our clock sent nothing");
  for (let i = 0; i < 10; i++) {
    rig.say(rig.downlink.capacityFrames);
    await rig.speak(1);
  }
  await rig.peer.drained();
  // Our clock may have sent one more before the first datagram came.
  const since = rig.peer.received.length - before;
  assert.ok(since === 10 || since === 11, `${since} answers to 10 datagrams`);
});

Deno.test("our clock catches up after a pause of ours with three frames at the most", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  await rig.timers.pass(19);
  assert.equal(rig.say(8), 8);
  rig.leg.tick(performance.now() + 2000, 2000);
  await rig.peer.drained();
  assert.deepEqual(frameNumbers(rig.peer.received), [0, 1, 2]);
});

Deno.test("a clock that looks too seldom sends two frames at a time and loses none", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  const heardMs = performance.now();
  rig.say(1);
  rig.leg.tick(heardMs + 60, 60);
  for (let look = 1; look <= 50; look++) {
    rig.say(2);
    rig.leg.tick(heardMs + 60 + look * 40, 40);
    await rig.peer.drained();
  }
  const expected = Array.from({ length: 101 }, (_, i) => i);
  assert.deepEqual(frameNumbers(rig.peer.received), expected);
});

Deno.test("a leg that nobody has spoken to is not paced by our clock", async () => {
  using rig = new UnicastRig();
  rig.say(10);
  await rig.timers.pass(1000);
  assert.equal(rig.pressed, 0);
  assert.equal(rig.leg.counts.downlinkFrames, 0);
});

Deno.test("a FreeSWITCH that sends nothing for ten seconds is told once, and not before", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  await rig.timers.pass(9900);
  await rig.speak(1);
  await rig.timers.pass(9900);
  assert.equal(rig.silences, 0);
  await rig.timers.pass(200);
  assert.equal(rig.silences, 1);
  await rig.timers.pass(20_000);
  assert.equal(rig.silences, 1);
});

Deno.test("a machine that stood still for an hour takes that for no silence of FreeSWITCH", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  await rig.timers.pass(100);
  const resumedMs = performance.now() + 3_600_000;
  rig.leg.tick(resumedMs, 3_600_000);
  assert.equal(rig.silences, 0);
  for (let ms = 20; ms < 9800; ms += 20) rig.leg.tick(resumedMs + ms, 20);
  assert.equal(rig.silences, 0);
  for (let ms = 9800; ms < 10_100; ms += 20) rig.leg.tick(resumedMs + ms, 20);
  assert.equal(rig.silences, 1);
});
