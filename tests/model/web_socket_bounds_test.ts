import assert from "node:assert/strict";
import { connectWebSocket } from "../../src/model/web_socket.ts";
import { acceptByHand, dial } from "../support/web_socket_peer.ts";

Deno.test("a TLS handshake that the peer never answers is given up when we close", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const gone = Promise.withResolvers<void>();
  const socket = connectWebSocket(
    { url: `wss://127.0.0.1:${listener.addr.port}/`, headers: {} },
    { opened: () => {}, message: () => {}, gone: () => gone.resolve() },
  );
  const peer = await listener.accept();
  const buffer = new Uint8Array(4096);
  assert.notEqual(await peer.read(buffer), null);
  socket.close();
  await gone.promise;
  peer.close();
  listener.close();
});

Deno.test("a message of endless empty parts ends the connection", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const client = dial(listener.addr.port);
  const peer = await acceptByHand(listener);
  await client.opened;
  const begin = Uint8Array.of(0x01, 0);
  // A continuation has two bytes of zero; these are twice as many as fit.
  const parts = new Uint8Array(2 * 65_536);
  await peer.write(begin);
  const flood = writeUntilGone(peer, parts, 2);
  const { code, error } = await goneSoon(client);
  assert.equal(code, 0);
  assert.match(error, /too long/);
  await flood;
  peer.close();
  listener.close();
});

Deno.test("a peer that sends pings and reads nothing is cut", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const client = dial(listener.addr.port);
  const peer = await acceptByHand(listener);
  await client.opened;
  const ping = new Uint8Array(127);
  ping.set([0x89, 125]);
  const pings = new Uint8Array(ping.length * 1000);
  for (let i = 0; i < 1000; i++) pings.set(ping, i * ping.length);
  // 25 MB: more than the kernel holds and the bound together.
  const flood = writeUntilGone(peer, pings, 200);
  const { code, error } = await goneSoon(client);
  assert.equal(code, 0);
  assert.match(error, /does not read/);
  await flood;
  peer.close();
  listener.close();
});

Deno.test("a peer to which we send and which reads nothing is cut", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const client = dial(listener.addr.port);
  const peer = await acceptByHand(listener);
  await client.opened;
  const text = "x".repeat(64 * 1024);
  for (let i = 0; i < 400; i++) client.socket.send(text);
  assert.ok(client.socket.bufferedBytes < 5 * 1024 * 1024);
  const { code, error } = await client.gone;
  assert.equal(code, 0);
  assert.notEqual(error, "");
  peer.close();
  listener.close();
});

async function writeUntilGone(
  peer: Deno.Conn,
  bytes: Uint8Array,
  times: number,
): Promise<void> {
  try {
    for (let i = 0; i < times; i++) {
      for (let at = 0; at < bytes.length;) {
        at += await peer.write(bytes.subarray(at));
      }
    }
  } catch {
    // It was cut, as it should be.
  }
}

/** How it ended; one that goes on is closed after five seconds, which ends it without words. */
async function goneSoon({ socket, gone }: ReturnType<typeof dial>) {
  const timer = setTimeout(() => socket.close(), 5000);
  const end = await gone;
  clearTimeout(timer);
  return end;
}
