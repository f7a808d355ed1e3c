import assert from "node:assert/strict";
import { connectWebSocket } from "../../src/model/web_socket.ts";
import { latin1 } from "../support/esl_trace.ts";
import { until } from "../support/fake_timers.ts";
import type { SocketEnd } from "../../src/model/model_socket.ts";

interface Told {
  readonly messages: (string | Uint8Array)[];
  readonly opened: Promise<void>;
  readonly gone: Promise<SocketEnd>;
}

function dial(port: number, path = "/") {
  const opened = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<SocketEnd>();
  const messages: (string | Uint8Array)[] = [];
  const socket = connectWebSocket(
    { url: `ws://127.0.0.1:${port}${path}`, headers: { "x-key": "k" } },
    {
      opened: opened.resolve,
      message: (data) => messages.push(data),
      gone: gone.resolve,
    },
  );
  const told: Told = { messages, opened: opened.promise, gone: gone.promise };
  return { socket, ...told };
}

/** A server of the runtime's own, to which ours must be a good client. */
function serve(handle: (socket: WebSocket, key: string | null) => void) {
  return Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    (request) => {
      const key = request.headers.get("x-key");
      const { socket, response } = Deno.upgradeWebSocket(request);
      handle(socket, key);
      return response;
    },
  );
}

Deno.test("a client talks with the runtime's server, in texts of every size and both ways", async () => {
  const texts = ["", "a", "你好", "x".repeat(200), "y".repeat(200_000)];
  const server = serve((socket, key) => {
    assert.equal(key, "k");
    socket.onmessage = ({ data }) => socket.send(data);
  });
  const client = dial(server.addr.port, "/a/b?c=d");
  await client.opened;
  for (const text of texts) client.socket.send(text);
  await until(() => client.messages.length === texts.length);
  assert.deepEqual(client.messages, texts);
  client.socket.close();
  const { code } = await client.gone;
  assert.equal(code, 1000);
  await server.shutdown();
});

Deno.test("a server's close is told with its code and reason", async () => {
  const server = serve((socket) => {
    socket.onopen = () => socket.close(4001, "enough");
  });
  const client = dial(server.addr.port);
  const { code, reason } = await client.gone;
  assert.deepEqual({ code, reason }, { code: 4001, reason: "enough" });
  await server.shutdown();
});

Deno.test("a refused upgrade is told with its status", async () => {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response("no", { status: 429 }),
  );
  const { status } = await dial(server.addr.port).gone;
  assert.equal(status, 429);
  await server.shutdown();
});

/** Accepts one client by hand. */
async function acceptByHand(listener: Deno.TcpListener): Promise<Deno.Conn> {
  const conn = await listener.accept();
  const buffer = new Uint8Array(4096);
  const head = new TextDecoder().decode(
    buffer.subarray(0, await conn.read(buffer) ?? 0),
  );
  const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1];
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`),
  );
  const accept = new Uint8Array(digest).toBase64();
  // Whole with a first frame behind it: both may come at once.
  await conn.write(latin1(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n\x81\x02hi`,
  ));
  return conn;
}

Deno.test("a message in parts, with a ping among them, comes whole and the ping is answered", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const client = dial(listener.addr.port);
  const peer = await acceptByHand(listener);
  await client.opened;
  const parts = [0x01, 1, 0x61, 0x89, 1, 0x70, 0x00, 1, 0x62, 0x80, 1, 0x63];
  await peer.write(Uint8Array.from(parts));
  const pong = new Uint8Array(64);
  const count = await peer.read(pong);
  assert.equal(pong[0], 0x8a);
  assert.equal(count, 7);
  await until(() => client.messages.length === 2);
  assert.deepEqual(client.messages, ["hi", "abc"]);
  client.socket.close();
  peer.close();
  await client.gone;
  listener.close();
});

const BREACHES: [name: string, bytes: number[]][] = [
  ["a masked frame", [0x81, 0x81, 0, 0, 0, 0, 0x61]],
  ["a part of nothing", [0x80, 1, 0x61]],
  ["a message within a message", [0x01, 1, 0x61, 0x81, 1, 0x62]],
  ["a text that is not UTF-8", [0x81, 1, 0xff]],
];

for (const [name, bytes] of BREACHES) {
  Deno.test(`${name} ends the connection with an error`, async () => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const client = dial(listener.addr.port);
    const peer = await acceptByHand(listener);
    await client.opened;
    await peer.write(Uint8Array.from(bytes));
    const { code, error } = await client.gone;
    assert.equal(code, 0);
    assert.notEqual(error, "");
    peer.close();
    listener.close();
  });
}

Deno.test("a peer that never answers a close is cut after a second", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const client = dial(listener.addr.port);
  const peer = await acceptByHand(listener);
  await client.opened;
  client.socket.close();
  await client.gone;
  peer.close();
  listener.close();
});

Deno.test("a client that is closed while it connects leaves nothing open", async () => {
  const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const client = dial(listener.addr.port);
  client.socket.close();
  await client.gone;
  listener.close();
});
