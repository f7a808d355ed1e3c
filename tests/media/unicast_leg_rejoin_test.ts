import assert from "node:assert/strict";
import { openAsyncSocket } from "../../src/media/async_socket.ts";
import { LegClock } from "../../src/media/leg_clock.ts";
import { UnicastLeg } from "../../src/media/unicast_leg.ts";
import { allocateDoorbell } from "../../src/ring/doorbell.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import {
  levelFrame,
  patternFrame,
  readPattern,
  takeFrame,
} from "../support/ring_frames.ts";
import { frameNumbers, UnicastRig } from "../support/unicast_rig.ts";

const FRAME_SAMPLES = 160;

/** A second shard's ends of fresh rings. */
function freshShard() {
  const rings = allocateRings(8000);
  const bell = allocateDoorbell();
  const { uplink, downlink } = ringsOf(rings);
  return {
    join: { rings, doorbell: { memory: bell, call: 1 } },
    uplink: new FrameConsumer(uplink, FRAME_SAMPLES),
    downlink: new FrameProducer(downlink, FRAME_SAMPLES),
    pressed: () => new Int32Array(bell)[0],
  };
}

function say(downlink: FrameProducer, count: number, from: number): void {
  for (let i = 0; i < count; i++) {
    downlink.put(patternFrame(FRAME_SAMPLES, from + i));
  }
}

function hear(uplink: FrameConsumer): number[] {
  const heard: number[] = [];
  for (let f = takeFrame(uplink); f; f = takeFrame(uplink)) {
    heard.push(readPattern(f));
  }
  return heard;
}

Deno.test("a leg that rejoins goes on with the new rings and doorbell, and FreeSWITCH's socket stays", async () => {
  using rig = new UnicastRig();
  const { port } = rig.leg;
  rig.say(2);
  await rig.speak(3);
  const shard = freshShard();
  rig.leg.rejoin(shard.join);
  const pressed = rig.pressed;
  say(shard.downlink, 4, 100);
  await rig.speak(4);
  await rig.peer.drained();
  assert.equal(rig.leg.port, port);
  assert.deepEqual(hear(shard.uplink), [3, 4, 5, 6]);
  assert.deepEqual(rig.hear(), [0, 1, 2]);
  assert.equal(rig.pressed, pressed);
  assert.ok(shard.pressed() >= 4);
  const whole = rig.peer.received.filter(isPattern);
  assert.deepEqual(frameNumbers(whole), [0, 1, 100, 101, 102, 103]);
});

Deno.test("a leg that has rejoined never touches the old rings again", async () => {
  using rig = new UnicastRig();
  rig.say(4);
  await rig.speak(2);
  rig.leg.rejoin(freshShard().join);
  rig.downlink.setStreaming(true);
  rig.downlink.flush();
  const before = new Uint8Array(rig.rings.memory).slice();
  await rig.speak(5);
  await rig.timers.pass(500);
  assert.deepEqual(new Uint8Array(rig.rings.memory), before);
});

Deno.test("the counts of a leg that rejoins are sums over all its rings", async () => {
  using rig = new UnicastRig();
  rig.downlink.setStreaming(true);
  rig.say(3);
  await rig.speak(1);
  rig.downlink.flush();
  await rig.speak(3);
  const before = rig.leg.counts;
  assert.equal(before.downlinkMissed, 3);
  assert.equal(before.downlinkDiscarded, 2);
  const shard = freshShard();
  rig.leg.rejoin(shard.join);
  assert.deepEqual(rig.leg.counts, before);
  shard.downlink.setStreaming(true);
  say(shard.downlink, 2, 10);
  await rig.speak(1);
  shard.downlink.flush();
  await rig.speak(2);
  const { counts } = rig.leg;
  assert.equal(counts.uplinkFrames, before.uplinkFrames + 3);
  assert.equal(counts.downlinkFrames, before.downlinkFrames + 1);
  assert.equal(counts.downlinkMissed, before.downlinkMissed + 2);
  assert.equal(counts.downlinkDiscarded, before.downlinkDiscarded + 1);
});

Deno.test("refused frames of a full ring are still counted after the leg rejoins", async () => {
  using rig = new UnicastRig();
  const capacity = 100;
  await rig.speak(capacity + 2);
  const shard = freshShard();
  rig.leg.rejoin(shard.join);
  await rig.speak(3);
  assert.equal(rig.leg.counts.uplinkRefused, 2);
  assert.deepEqual(hear(shard.uplink), [102, 103, 104]);
});

Deno.test("speech that the loss of a shard cuts in mid-wave ends with a ramp", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  rig.downlink.put(levelFrame(FRAME_SAMPLES, 9000));
  await rig.speak(1);
  rig.leg.rejoin(freshShard().join);
  await rig.speak(2);
  await rig.peer.drained();
  assert.equal(rig.peer.received.length, 2);
  const ramp = new Int16Array(rig.peer.received[1].slice().buffer);
  assert.ok(ramp[0] > 8900 && ramp[39] === 0 && ramp[159] === 0);
});

Deno.test("while the uplink is silent, our clock paces the rings that the leg rejoined", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  const shard = freshShard();
  rig.leg.rejoin(shard.join);
  say(shard.downlink, 8, 50);
  await rig.timers.pass(200);
  await rig.peer.drained();
  assert.ok(rig.peer.received.length >= 5);
  assert.equal(frameNumbers(rig.peer.received)[0], 50);
  assert.ok(shard.pressed() > 0);
});

Deno.test("a leg may rejoin before its first frame and many times", async () => {
  using rig = new UnicastRig();
  rig.leg.rejoin(freshShard().join);
  await rig.speak(1);
  await rig.started;
  for (let i = 0; i < 5; i++) {
    const shard = freshShard();
    rig.leg.rejoin(shard.join);
    await rig.speak(1);
    assert.deepEqual(hear(shard.uplink), [1 + i]);
  }
  assert.deepEqual(rig.hear(), []);
});

Deno.test("a leg that was not started refuses to rejoin, and a closed one ignores it", () => {
  const leg = new UnicastLeg({
    openSocket: openAsyncSocket,
    host: "127.0.0.1",
    peerHost: "127.0.0.2",
    clock: new LegClock(),
  });
  assert.throws(() => leg.rejoin(freshShard().join), TypeError);
  leg.close();
  leg.rejoin(freshShard().join);
  assert.equal(leg.counts.uplinkFrames, 0);
});

Deno.test("memory that is no rings is refused, and the leg goes on with the old ones", async () => {
  using rig = new UnicastRig();
  await rig.speak(1);
  const { doorbell } = freshShard().join;
  const rings = { ...rig.rings, memory: new SharedArrayBuffer(16) };
  assert.throws(() => rig.leg.rejoin({ rings, doorbell }), RangeError);
  await rig.speak(1);
  assert.deepEqual(rig.hear(), [0, 1]);
});

function isPattern(datagram: Uint8Array): boolean {
  try {
    readPattern(new Int16Array(datagram.slice().buffer));
    return true;
  } catch {
    return false;
  }
}
