import assert from "node:assert/strict";
import type { ConnectSocket, SocketEnd } from "../../src/model/model_socket.ts";
import { connectWebSocket } from "../../src/model/web_socket.ts";
import { FakeTimers, until } from "../support/fake_timers.ts";
import { openRig } from "../support/model_rig.ts";
import { acceptByHand } from "../support/web_socket_peer.ts";

const PONG = Uint8Array.of(0x8a, 0);
const TEXT = Uint8Array.of(0x81, 1, 0x61);

/** A client and its peer, whose bytes are the test's; time is fake. */
async function openByHand() {
  const timers = new FakeTimers();
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  let messages = 0;
  let end: SocketEnd | undefined;
  const socket = connectWebSocket(
    { url: `ws://127.0.0.1:${listener.addr.port}/`, headers: {} },
    { opened() {}, message: () => messages++, gone: (how) => end = how },
  );
  const peer = await acceptByHand(listener);
  await until(() => timers.pending === 1);
  return {
    timers,
    get isGone() {
      return end !== undefined;
    },
    get isStalled() {
      return end?.isStalled === true;
    },
    /** The opcode of the next frame of the client, which must be a short one. */
    async nextOpcode() {
      const frame = new Uint8Array(6);
      for (let have = 0; have < 6;) {
        have += await peer.read(frame.subarray(have)) ?? assert.fail("it left");
      }
      assert.equal(frame[1], 0x80);
      return frame[0] & 0x0f;
    },
    /** Sends bytes, and waits until the client has read them. */
    async send(bytes: Uint8Array) {
      const before = messages;
      await peer.write(bytes);
      await peer.write(TEXT);
      await until(() => messages > before);
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      peer.close();
      listener.close();
      await until(() => end !== undefined);
      assert.equal(timers.pending, 0);
      timers[Symbol.dispose]();
    },
  };
}

Deno.test("a peer that answered a ping is lost when nothing comes for two seconds after another", async () => {
  await using line = await openByHand();
  await line.timers.pass(1000);
  assert.equal(await line.nextOpcode(), 9);
  await line.send(PONG);
  await line.timers.pass(3000);
  assert.equal(await line.nextOpcode(), 9);
  await line.timers.pass(1000);
  assert.ok(!line.isGone);
  await line.timers.pass(1000);
  assert.ok(line.isStalled);
});

Deno.test("a peer that is silent and answers pings is kept", async () => {
  await using line = await openByHand();
  await line.timers.pass(1000);
  for (let n = 0; n < 5; n++) {
    assert.equal(await line.nextOpcode(), 9);
    await line.send(PONG);
    await line.timers.pass(3000);
  }
  assert.ok(!line.isGone);
});

Deno.test("a peer that has never answered a ping is kept", async () => {
  await using line = await openByHand();
  await line.timers.pass(60_000);
  assert.ok(!line.isGone);
});

Deno.test("a stalled conversation is lost as a timeout", async () => {
  let stall = () => {};
  const connect: ConnectSocket = (address, events) => {
    const socket = connectWebSocket(address, events);
    stall = () => {
      socket.close();
      events.gone({ code: 0, reason: "", error: "late", isStalled: true });
    };
    return socket;
  };
  await using rig = await openRig({ connect });
  stall();
  await rig.hears(["lost", "timeout"]);
});
