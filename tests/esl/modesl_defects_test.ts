// @ts-types="../../src/esl/modesl.d.ts"
import modesl from "modesl";
import assert from "node:assert/strict";
import { ModeslSocket } from "../../src/esl/modesl_socket.ts";
import type { ModeslSocketLike } from "../../src/esl/modesl.d.ts";
import { withCall } from "../support/esl_call_rig.ts";
import {
  apiResponse,
  channelData,
  commandReply,
  jsonEvent,
  UUID,
} from "../support/esl_peer.ts";
import { latin1 } from "../support/esl_trace.ts";

/** A socket that writes down what modesl writes, and plays the other end. */
class PlainSocket implements ModeslSocketLike {
  readonly written: string[] = [];
  readonly #listeners: [string, (argument?: unknown) => void][] = [];

  on(name: string, listener: (argument?: unknown) => void): this {
    this.#listeners.push([name, listener]);
    return this;
  }

  write(text: string): boolean {
    this.written.push(text);
    return true;
  }

  end(): void {}

  emit(name: string, argument?: unknown): void {
    for (const [other, listener] of this.#listeners) {
      if (other === name) listener(argument);
    }
  }

  receive(text: string): void {
    this.emit("data", latin1(text));
  }
}

/** modesl on its own, connected. */
function plainModesl() {
  const socket = new PlainSocket();
  const connection = new modesl.Connection(socket);
  socket.receive(channelData({ "Caller-Caller-ID-Name": "plain" }));
  return { socket, connection };
}

Deno.test("defect 1: plain modesl throws on a name that is not UTF-8, we do not", async () => {
  const socket = new PlainSocket();
  new modesl.Connection(socket);
  assert.throws(() => socket.receive(channelData()), URIError);
  await withCall({}, ({ call }) => {
    assert.equal(call.channel.callerName, "caf\ufffd 张");
    return Promise.resolve();
  });
});

Deno.test("defect 2: plain modesl writes a command in pieces, we in one", async () => {
  const socket = new PlainSocket();
  new modesl.Connection(socket);
  assert.deepEqual(socket.written, ["connect\n", "\n"]);
  const commands: string[] = [];
  const gathered = new ModeslSocket((text) => commands.push(text));
  const connection = new modesl.Connection(gathered);
  connection.sendRecv("sendmsg\ncall-command: hangup", () => {});
  assert.deepEqual(commands, [
    "connect\n\n",
    "sendmsg\ncall-command: hangup\n\n",
  ]);
  await withCall({}, async ({ call, peer }) => {
    const hungUp = call.hangUp("USER_BUSY");
    assert.equal(
      await peer.chunk(),
      "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY\n\n",
    );
    await peer.send(commandReply());
    await hungUp;
  });
});

Deno.test("defect 3: plain modesl gives a command the reply of another, we do not", async () => {
  const { socket, connection } = plainModesl();
  socket.receive(commandReply());
  const replies: unknown[] = [];
  (connection as unknown as { send(text: string): void }).send("linger 5");
  connection.sendRecv("myevents json", (reply) => {
    replies.push(reply.getHeader("Reply-Text"));
  });
  socket.receive(commandReply("+OK will linger 5 seconds"));
  assert.deepEqual(replies, ["+OK will linger 5 seconds"]);
  await withCall({}, async ({ call, peer }) => {
    const taken = assert.rejects(call.takeOver(), /-ERR no events/);
    await peer.expect("api sched_del", apiResponse());
    await peer.expect("linger", commandReply("+OK will linger 5 seconds"));
    await peer.expect("myevents", commandReply("-ERR no events"));
    await taken;
  });
});

Deno.test("defect 4: plain modesl subscribes to every channel, we to our own", async () => {
  const { socket } = plainModesl();
  assert.match(
    socket.written.join(""),
    /^event json BACKGROUND_JOB CHANNEL_EXECUTE_COMPLETE$/m,
  );
  await withCall({}, async ({ call, peer, heard }) => {
    const set = call.setVariable("a", "1");
    assert.equal(await peer.command(), `api uuid_setvar ${UUID} a 1`);
    await peer.send(jsonEvent("CHANNEL_HANGUP", { "Unique-ID": "another" }));
    await peer.send(apiResponse());
    await set;
    assert.deepEqual(heard.lines, []);
  });
});

Deno.test("defect 5: plain modesl throws on a reset and keeps the socket, we end the call once", async () => {
  const { socket, connection } = plainModesl();
  const reset = new Error("read ECONNRESET");
  assert.throws(() => socket.emit("error", reset), reset);
  connection.on("error", () => {});
  socket.emit("error", reset);
  socket.emit("close");
  const kept = connection as unknown as { connected(): boolean };
  assert.equal(kept.connected(), true);
  await withCall({}, async ({ call, listener, peer, heard }) => {
    const set = assert.rejects(call.setVariable("a", "1"));
    await peer.reset();
    await set;
    await heard.closed;
    assert.equal(heard.lines.length, 1);
    assert.equal(listener.connectionCount, 0);
  });
});
