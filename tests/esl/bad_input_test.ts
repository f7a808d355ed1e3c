import assert from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";
import { withCall } from "../support/esl_call_rig.ts";
import {
  apiResponse,
  channelData,
  commandReply,
  EslPeer,
  jsonEvent,
  rawEvent,
} from "../support/esl_peer.ts";
import { hear } from "../support/esl_call_rig.ts";

const CASES = {
  "a reply out of nowhere": commandReply(),
  "an answer out of nowhere": apiResponse(),
  "garbage": "\x00\xff\xfe\n\n",
  "a header of 5 MB": "a: " + "x".repeat(5 * 1024 * 1024) + "\n\n",
  "a Content-Length that is none": "Content-Length: many\n\n",
  "a body of 100 MB": "Content-Length: 104857600\n\n",
  "an event that does not parse": rawEvent("{]"),
  "an event that would pass for a reply": rawEvent(
    '{"Event-Name":"command::reply"}',
  ),
  "a request for our password": "Content-Type: auth/request\n\n",
  "half a frame and the end": "Content-Length: 10\n\nabc",
};

for (const [what, text] of Object.entries(CASES)) {
  Deno.test(`${what} ends that connection and no other`, () =>
    withCall({}, async ({ listener, nextCall, peer, call, heard }) => {
      using other = await EslPeer.connect(listener.port);
      await other.expect("connect", channelData({ "Unique-ID": "other" }));
      const otherCall = await nextCall();
      const otherHeard = hear(otherCall);

      await peer.sendUntilGone(text);
      if (what.endsWith("the end")) await peer.closeWrite();
      await heard.closed;
      await peer.ended();
      assert.equal(heard.lines.length, 1);
      await assert.rejects(call.hangUp("USER_BUSY"), ProtocolError);
      assert.equal(listener.connectionCount, 1);

      const set = otherCall.setVariable("a", "1");
      await other.expect("api uuid_setvar other a 1", apiResponse());
      await set;
      otherCall.leave();
      await otherHeard.closed;
    }));
}

Deno.test("a reply of the wrong kind ends the connection and rejects its command", () =>
  withCall({}, async ({ peer, call, heard }) => {
    const set = assert.rejects(call.setVariable("a", "1"), ProtocolError);
    await peer.expect("api uuid_setvar", commandReply());
    await set;
    await heard.closed;
    assert.equal(heard.lines.length, 1);
  }));

Deno.test("half a frame and then silence ends the connection", () =>
  withCall({ commandTimeoutMs: 50 }, async ({ peer, heard }) => {
    await peer.send(jsonEvent("DTMF").slice(0, -1));
    assert.match(await heard.closed, /it stopped/);
    await peer.ended();
  }));

Deno.test("an event that arrives in pieces is not taken for half a frame", () =>
  withCall({}, async ({ peer, heard }) => {
    for (const byte of jsonEvent("DTMF", { "DTMF-Digit": "7" })) {
      await peer.send(byte);
    }
    await heard.count(1);
    assert.deepEqual(heard.lines, ["dtmf 7"]);
  }));

/** The commands of a call, each with a reply that lets the next follow. */
const STEPS: readonly string[] = [
  apiResponse(), // sched_del
  commandReply(), // linger
  commandReply(), // myevents
  commandReply(), // event
  apiResponse(), // uuid_setvar
  commandReply(), // unicast
  commandReply(), // hangup
];

for (let step = 0; step < STEPS.length; step++) {
  Deno.test(`a reset at step ${step} of a call is one end, and rejects what waits`, () =>
    withCall({
      headers: {
        "Answer-State": "answered",
        "Channel-Read-Codec-Rate": "8000",
      },
    }, async ({ listener, peer, call, heard }) => {
      const flow = (async () => {
        await call.takeOver();
        await call.answer();
        await call.setVariable("a", "1");
        await call.startUnicast("127.0.0.1", 4000);
        await call.hangUp("NORMAL_CLEARING");
      })();
      const rejected = assert.rejects(flow, ProtocolError);
      for (const answer of STEPS.slice(0, step)) await peer.expect("", answer);
      await peer.reset();
      await rejected;
      await heard.closed;
      call.leave();
      assert.equal(heard.lines.length, 1);
      assert.equal(listener.connectionCount, 0);
    }));
}
