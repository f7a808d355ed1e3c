import assert from "node:assert/strict";
import type { ConnectSocket } from "../../src/model/model_socket.ts";
import { connectWebSocket } from "../../src/model/web_socket.ts";
import { openRig, pcm } from "../support/model_rig.ts";

const created = { type: "response.created", response: { id: "a" } };
const delta = { type: "response.audio.delta", delta: pcm(9) };

for (const code of [1000, 1001, 1011, 4000]) {
  Deno.test(`a close with ${code} that we did not ask for is a loss, the running response ends`, async () => {
    await using rig = await openRig();
    rig.peer.send(created);
    rig.peer.send(delta);
    rig.peer.close(code, "limit");
    await rig.hears(
      ["responseStarted"],
      ["audio", [9]],
      ["responseEnded", "failed"],
      ["lost", "closed"],
    );
    rig.model.close();
    await rig.hears(["closed"]);
    assert.equal(rig.heard.length, 0);
  });
}

Deno.test("close ends the running response, tells it once, and closes the socket with 1000", async () => {
  await using rig = await openRig();
  rig.peer.send(created);
  rig.peer.send(delta);
  await rig.hears(["responseStarted"], ["audio", [9]]);
  rig.peer.send({
    type: "conversation.item.input_audio_transcription.delta",
    delta: "good by",
  });
  await rig.hearsNothing();
  rig.model.close();
  rig.model.close();
  rig.peer.send(delta);
  await rig.hears(
    ["callerSaid", "good by"],
    ["responseEnded", "cancelled"],
    ["closed"],
  );
  assert.equal(await rig.peer.closed, 1000);
  assert.equal(rig.heard.length, 0);
});

Deno.test("a closed model takes everything and does nothing", async () => {
  await using rig = await openRig();
  rig.model.close();
  await rig.hears(["closed"]);
  rig.model.appendAudio(Int16Array.of(1));
  rig.model.sendText("x");
  rig.model.interrupt(1);
  await rig.peer.closed;
  assert.equal(rig.heard.length, 0);
});

Deno.test("close inside an event is the last that is heard", async () => {
  await using rig = await openRig();
  const push = rig.heard.push.bind(rig.heard);
  rig.heard.push = (event) => {
    push(event);
    if (event[0] === "responseStarted") rig.model.close();
  };
  rig.peer.send(delta);
  await rig.hears(
    ["responseStarted"],
    ["responseEnded", "cancelled"],
    ["closed"],
  );
  await rig.peer.closed;
  assert.equal(rig.heard.length, 0);
});

Deno.test("interrupt inside an event drops the rest of the response", async () => {
  await using rig = await openRig();
  const push = rig.heard.push.bind(rig.heard);
  rig.heard.push = (event) => {
    push(event);
    if (event[0] === "responseStarted") rig.model.interrupt(0);
  };
  rig.peer.send(delta);
  await rig.hears(["responseStarted"], ["responseEnded", "cancelled"]);
  await rig.hearsNothing();
});

Deno.test("close forgets the timers of requests and interruptions", async () => {
  await using rig = await openRig();
  rig.peer.send(created);
  await rig.hears(["responseStarted"]);
  rig.model.interrupt(0);
  rig.peer.send({ type: "response.cancelled" });
  rig.model.sendText("one");
  await rig.sends("response.cancel", "conversation.item.create");
  rig.model.close();
});

Deno.test("a connection that breaks is a loss", async () => {
  let broken = () => {};
  const connect: ConnectSocket = (address, events) => {
    const socket = connectWebSocket(address, events);
    broken = () => {
      socket.close();
      events.gone({ code: 0, reason: "", error: "Unexpected EOF" });
    };
    return socket;
  };
  await using rig = await openRig({ connect });
  broken();
  await rig.hears(["lost", "closed"]);
});

Deno.test("a text frame that is not UTF-8 ends the session as closed", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const gone = Promise.withResolvers<string>();
  const opened = Promise.withResolvers<void>();
  connectWebSocket(
    { url: `ws://127.0.0.1:${listener.addr.port}/`, headers: {} },
    {
      opened: opened.resolve,
      message: () => {},
      gone: ({ error }) => gone.resolve(error),
    },
  );
  using peer = await listener.accept();
  await acceptUpgrade(peer);
  await opened.promise;
  await peer.write(new Uint8Array([0x81, 1, 0xff]));
  assert.notEqual(await gone.promise, "");
});

Deno.test("after close a socket tells nothing but its end, even when the peer goes on talking", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const heard: string[] = [];
  const opened = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const socket = connectWebSocket(
    { url: `ws://127.0.0.1:${listener.addr.port}/`, headers: {} },
    {
      opened: opened.resolve,
      message: () => heard.push("message"),
      gone: () => {
        heard.push("gone");
        gone.resolve();
      },
    },
  );
  const peer = await listener.accept();
  await acceptUpgrade(peer);
  await opened.promise;
  socket.close();
  socket.close();
  await peer.read(new Uint8Array(64));
  await peer.write(new Uint8Array([0x81, 1, 0x61]));
  peer.close();
  await gone.promise;
  assert.deepEqual(heard, ["gone"]);
});

/** Answers a WebSocket upgrade on a raw connection. */
async function acceptUpgrade(peer: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  const length = await peer.read(buffer);
  const head = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  const key = /sec-websocket-key: (.*)\r\n/i.exec(head)?.[1];
  const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  const digest = await crypto.subtle.digest(
    "SHA-1",
    new TextEncoder().encode(key + guid),
  );
  await peer.write(new TextEncoder().encode(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      `${new Uint8Array(digest).toBase64()}\r\n\r\n`,
  ));
}
