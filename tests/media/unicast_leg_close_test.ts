import { openAsyncSocket } from "../../src/media/async_socket.ts";
import assert from "node:assert/strict";
import { LegClock } from "../../src/media/leg_clock.ts";
import { UnicastLeg } from "../../src/media/unicast_leg.ts";
import { allocateDoorbell } from "../../src/ring/doorbell.ts";
import { allocateRings } from "../../src/ring/layout.ts";
import { settle, until } from "../support/fake_timers.ts";
import { UnicastRig } from "../support/unicast_rig.ts";

const OPTIONS = {
  openSocket: openAsyncSocket,
  host: "127.0.0.1",
  peerHost: "127.0.0.2",
  clock: new LegClock(),
};

function startOptions() {
  return {
    rings: allocateRings(),
    doorbell: { memory: allocateDoorbell(), call: 1 },
    rateHz: 8000,
    frameSamples: 160,
  };
}

function isFree(port: number): boolean {
  const options = { hostname: "127.0.0.1", transport: "udp" } as const;
  try {
    Deno.listenDatagram({ ...options, port }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}

Deno.test("closing a leg that waits rejects its start with AbortError, and twice is fine", async () => {
  using rig = new UnicastRig();
  rig.leg.close();
  rig.leg.close();
  await assert.rejects(rig.started, { name: "AbortError" });
  assert.equal(rig.timers.pending, 0);
});

Deno.test("closing a leg in mid-call frees its port and its timers", async () => {
  using rig = new UnicastRig();
  const { port } = rig.leg;
  await rig.speak(3);
  assert.equal(rig.timers.pending, 1);
  rig.leg.close();
  rig.leg.close();
  assert.equal(rig.timers.pending, 0);
  await until(() => isFree(port));
  assert.equal(rig.leg.counts.uplinkFrames, 3);
});

Deno.test("datagrams that come while a leg is being closed change nothing", async () => {
  using rig = new UnicastRig();
  await rig.speak(3);
  const sent = [3, 4, 5].map((index) => rig.peer.sendFrame(index));
  rig.leg.close();
  await Promise.all(sent);
  await settle();
  assert.equal(rig.leg.counts.uplinkFrames, 3);
  assert.equal(rig.hear().length, 3);
});

Deno.test("a leg that was never started is closed without a trace", () => {
  const leg = new UnicastLeg(OPTIONS);
  assert.ok(leg.port > 0);
  assert.equal(leg.counts.uplinkFrames, 0);
  leg.close();
  leg.close();
});

Deno.test("a leg is started once, and never after its end", () => {
  const leg = new UnicastLeg(OPTIONS);
  leg.start(startOptions(), 1000).catch(() => {});
  assert.throws(() => leg.start(startOptions(), 1000), TypeError);
  leg.close();
  const closed = new UnicastLeg(OPTIONS);
  closed.close();
  assert.throws(() => closed.start(startOptions(), 1000), TypeError);
});

Deno.test("an address of another machine is refused as such", () => {
  assert.throws(
    () => new UnicastLeg({ ...OPTIONS, host: "192.0.2.1" }),
    Deno.errors.AddrNotAvailable,
  );
});
