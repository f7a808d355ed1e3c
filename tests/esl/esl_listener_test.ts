import assert from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";
import { listenEsl } from "../../src/esl/esl_listener.ts";
import { createLog, SILENT_LOG } from "../../src/telemetry/log.ts";
import { hear, withListener } from "../support/esl_call_rig.ts";
import {
  apiResponse,
  channelData,
  commandReply,
  EslPeer,
  jsonEvent,
} from "../support/esl_peer.ts";
import { refused } from "../support/refused.ts";
import { CAN_RESET, resetConnections } from "../support/reset_connections.ts";

Deno.test("a stranger's address is rejected without a word", () =>
  withListener({ allow: ["10.0.0.0/8"] }, async (rig) => {
    using peer = await EslPeer.connect(rig.listener.port);
    assert.deepEqual(await rig.nextRejection(), ["address", undefined]);
    assert.equal(await peer.chunk(), null);
    assert.equal(rig.listener.connectionCount, 0);
  }));

Deno.test("a connection that stays silent is rejected", () =>
  withListener({ connectTimeoutMs: 50 }, async (rig) => {
    using peer = await EslPeer.connect(rig.listener.port);
    const [reason] = await rig.nextRejection();
    assert.equal(reason, "timeout");
    await peer.ended();
    assert.equal(rig.listener.connectionCount, 0);
  }));

Deno.test("half a reply to connect and then silence is rejected", () =>
  withListener(
    { connectTimeoutMs: 50, commandTimeoutMs: 60_000 },
    async (rig) => {
      using peer = await EslPeer.connect(rig.listener.port);
      await peer.expect("connect", channelData().slice(0, -1));
      const [reason] = await rig.nextRejection();
      assert.equal(reason, "timeout");
      await peer.ended();
    },
  ));

for (
  const [what, text] of Object.entries({
    "a header of 5 MB": "x-header: " + "x".repeat(5 * 1024 * 1024),
    "garbage": "\xff\x00\x16\x03\x01 nonsense\n\n",
    "an HTTP request": "GET / HTTP/1.1\nHost: a\n\n",
    "a refusal": commandReply("-ERR command not found"),
    "an answer of the API": apiResponse(),
    "an event": jsonEvent("DTMF"),
    "a channel without an id": channelData({ "Unique-ID": "" }),
    "an id with a line break": channelData({ "Unique-ID": "a%0A%0Aapi%20b" }),
    "a socket without full": channelData({ "Control": "single-channel" }),
    "a socket without async": channelData({ "Socket-Mode": "static" }),
    "two replies": channelData() + commandReply(),
  })
) {
  Deno.test(`${what} instead of the channel data is rejected`, () =>
    // A busy machine takes its time for 5 MB.
    withListener({ connectTimeoutMs: 60_000 }, async (rig) => {
      using peer = await EslPeer.connect(rig.listener.port);
      assert.equal(await peer.command(), "connect");
      await peer.sendUntilGone(text);
      const [reason, error] = await rig.nextRejection();
      assert.equal(reason, "protocol");
      assert.ok(error instanceof ProtocolError);
      await peer.ended();
      assert.equal(rig.listener.connectionCount, 0);
    }));
}

Deno.test("a peer that goes before the channel data is rejected as closed", () =>
  withListener({}, async (rig) => {
    using gone = await EslPeer.connect(rig.listener.port);
    await gone.command();
    gone.close();
    assert.equal((await rig.nextRejection())[0], "closed");
    using reset = await EslPeer.connect(rig.listener.port);
    await reset.reset();
    assert.equal((await rig.nextRejection())[0], "closed");
    assert.equal(rig.listener.connectionCount, 0);
  }));

Deno.test("close refuses new connections and leaves calls alone", () =>
  withListener({}, async ({ listener, nextCall }) => {
    using peer = await EslPeer.connect(listener.port);
    await peer.expect("connect", channelData());
    const call = await nextCall();
    const heard = hear(call);
    listener.close();
    listener.close();
    await refused(listener.port);
    assert.equal(listener.connectionCount, 1);
    const set = call.setVariable("a", "1");
    await peer.expect("api uuid_setvar", apiResponse());
    await set;
    call.leave();
    await heard.closed;
    assert.equal(listener.connectionCount, 0);
  }));

Deno.test("a call that nobody takes goes back to the dialplan", async () => {
  const listener = listenEsl({
    hostname: "127.0.0.1",
    port: 0,
    allow: ["127.0.0.1"],
    transferContext: "vapi-agents",
    log: SILENT_LOG,
    onCall() {
      throw new Error("a bug");
    },
  });
  using peer = await EslPeer.connect(listener.port);
  await peer.expect("connect", channelData());
  await peer.ended();
  listener.close();
  assert.equal(listener.connectionCount, 0);
});

Deno.test("listenEsl refuses a wrong list of addresses before it listens", () => {
  assert.throws(() =>
    listenEsl({
      hostname: "127.0.0.1",
      port: 0,
      allow: ["everybody"],
      transferContext: "vapi-agents",
      log: SILENT_LOG,
      onCall() {},
    }), TypeError);
});

Deno.test({
  name: "connections that are reset before they are accepted hold no call up",
  ignore: !CAN_RESET,
  async fn() {
    const lines: string[] = [];
    const sink = (line: string) => void lines.push(line);
    const log = createLog({ level: "info", sink, showPii: false });
    let loans = 0;
    const room = { lend: () => void loans++ };
    await withListener({ log, room }, async (rig) => {
      const fromMs = performance.now();
      resetConnections(rig.listener.port, 100);
      using peer = await EslPeer.connect(rig.listener.port);
      await peer.expect("connect", channelData());
      const call = await rig.nextCall();
      // A pause for each would be 10 s.
      assert.ok(performance.now() - fromMs < 5000);
      assert.equal(loans, 0);
      assert.deepEqual(lines, []);
      const heard = hear(call);
      call.leave();
      await heard.closed;
    });
  },
});
