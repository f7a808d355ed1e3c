import assert from "node:assert/strict";
import { ProtocolError, RemoteError } from "../../src/errors.ts";
import type { CallControl } from "../../src/router/call_control.ts";
import {
  acceptTakeOver,
  hear,
  withCall,
  withListener,
} from "../support/esl_call_rig.ts";
import {
  apiResponse,
  channelData,
  commandReply,
  EslPeer,
  jsonEvent,
  notice,
  UUID,
} from "../support/esl_peer.ts";
import { readTrace } from "../support/esl_trace.ts";

const ANSWERED = {
  "Answer-State": "answered",
  "Channel-Read-Codec-Name": "PCMA",
  "Channel-Read-Codec-Rate": "8000",
  "variable_rtp_use_codec_ptime": "20",
};

/** Starts `answer` and plays FreeSWITCH up to the command's reply; gives the id to complete it with. */
async function beginAnswer(call: CallControl, peer: EslPeer) {
  const answer = call.answer();
  // Whoever awaits it sees the rejection; before that it may have happened already.
  answer.catch(() => {});
  const command = await peer.expect(
    "sendmsg\ncall-command: execute\n",
    commandReply(),
  );
  assert.match(command, /^execute-app-name: answer$/m);
  assert.match(command, /^event-lock: true$/m);
  const id = /^event-uuid: (.+)$/m.exec(command)?.[1];
  assert.ok(id !== undefined);
  return { answer, id };
}

function complete(
  id: string,
  headers: Record<string, string> = ANSWERED,
): string {
  return jsonEvent("CHANNEL_EXECUTE_COMPLETE", {
    "Application-UUID": id,
    ...headers,
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}

Deno.test("a call carries what FreeSWITCH says of its channel", () =>
  withCall({ headers: { variable_vapi_assistant_id: "hotel" } }, ({ call }) => {
    assert.deepEqual(call.channel, {
      uuid: UUID,
      line: "telephone",
      callerNumber: "13800138000",
      callerName: "caf\ufffd 张",
      calledNumber: "1000",
      assistantId: "hotel",
      answered: false,
      held: false,
      transferFailed: undefined,
      localHost: "127.0.0.1",
      remoteHost: "127.0.0.1",
    });
    return Promise.resolve();
  }));

Deno.test("takeOver removes the guard, lingers and subscribes to the own events", () =>
  withCall({}, async ({ call, peer }) => {
    await Promise.all([call.takeOver(), acceptTakeOver(peer)]);
  }));

Deno.test("takeOver goes on when there was no guard", () =>
  withCall({}, async ({ call, peer }) => {
    const taken = call.takeOver();
    assert.equal(
      await peer.expect("api", apiResponse("+OK Deleted: 0\n")),
      `api sched_del ${UUID}`,
    );
    await peer.expect("linger 5", commandReply());
    await peer.expect("myevents json", commandReply());
    await peer.expect("event json CHANNEL_HOLD", commandReply());
    await taken;
  }));

Deno.test("takeOver goes on when FreeSWITCH will not tell of holding", () =>
  withCall({}, async ({ call, peer }) => {
    const taken = call.takeOver();
    await peer.expect("api", apiResponse());
    await peer.expect("linger 5", commandReply());
    await peer.expect("myevents json", commandReply());
    const refused = commandReply("-ERR no keywords supplied");
    assert.equal(
      await peer.expect("event", refused),
      "event json CHANNEL_HOLD CHANNEL_UNHOLD",
    );
    await taken;
  }));

Deno.test("takeOver rejects with FreeSWITCH's words when it refuses to linger", () =>
  withCall({}, async ({ call, peer }) => {
    const taken = assert.rejects(
      call.takeOver(),
      (error) =>
        error instanceof RemoteError && /permission/.test(error.message),
    );
    await peer.expect("api", apiResponse());
    await peer.expect("linger", commandReply("-ERR no permission"));
    await taken;
  }));

Deno.test("answer gives the format at once when the channel is answered", () =>
  withCall({ headers: ANSWERED }, async ({ call }) => {
    assert.ok(call.channel.answered);
    const format = { codec: "PCMA", rateHz: 8000, frameMs: 20 };
    assert.deepEqual(await call.answer(), format);
    assert.deepEqual(await call.answer(), format);
  }));

Deno.test("answer waits for the completion of its own execute", () =>
  withCall({}, async ({ call, peer }) => {
    const { answer, id } = await beginAnswer(call, peer);
    const g722 = { ...ANSWERED, "Channel-Read-Codec-Rate": "16000" };
    await peer.send(complete("another", g722));
    await peer.send(complete(id, { ...g722, "Unique-ID": "another" }));
    await peer.send(complete(id, { ...ANSWERED, variable_DP_MATCH: "x" }));
    assert.equal((await answer).rateHz, 8000);
  }));

Deno.test("answer asks for the format when the completion does not tell", () =>
  withCall({}, async ({ call, peer }) => {
    const { answer, id } = await beginAnswer(call, peer);
    await peer.send(complete(id, { "Answer-State": "answered" }));
    await peer.expect(
      `api uuid_getvar ${UUID} read_codec`,
      apiResponse("G722"),
    );
    await peer.expect(
      `api uuid_getvar ${UUID} read_rate`,
      apiResponse("16000"),
    );
    await peer.expect("api uuid_getvar", apiResponse("_undef_"));
    assert.deepEqual(await answer, {
      codec: "G722",
      rateHz: 16000,
      frameMs: 20,
    });
  }));

Deno.test("answer rejects when the caller hangs up meanwhile", () =>
  withCall({}, async ({ call, peer, heard }) => {
    const { answer } = await beginAnswer(call, peer);
    await peer.send(
      jsonEvent("CHANNEL_HANGUP", { "Hangup-Cause": "ORIGINATOR_CANCEL" }),
    );
    await assert.rejects(answer, RemoteError);
    await assert.rejects(call.startUnicast("127.0.0.1", 4000), TypeError);
    assert.deepEqual(heard.lines, ["hungUp ORIGINATOR_CANCEL"]);
  }));

Deno.test("answer rejects when it completes without an answer", () =>
  withCall({}, async ({ call, peer }) => {
    const { answer, id } = await beginAnswer(call, peer);
    await peer.send(complete(id, { ...ANSWERED, "Answer-State": "ringing" }));
    await assert.rejects(answer, RemoteError);
    await assert.rejects(call.startUnicast("127.0.0.1", 4000), TypeError);
  }));

Deno.test("answer rejects when it does not complete in time", () =>
  withCall({ commandTimeoutMs: 50 }, async ({ call, peer }) => {
    const { answer } = await beginAnswer(call, peer);
    await assert.rejects(answer, isTimeout);
  }));

Deno.test("answer rejects when the connection ends meanwhile", () =>
  withCall({}, async ({ call, peer }) => {
    const { answer } = await beginAnswer(call, peer);
    peer.close();
    await assert.rejects(answer, ProtocolError);
  }));

Deno.test("startUnicast is refused before the answer and a second time", () =>
  withCall({}, async ({ call, peer }) => {
    await assert.rejects(call.startUnicast("127.0.0.1", 4000), TypeError);
    const { answer, id } = await beginAnswer(call, peer);
    await assert.rejects(call.startUnicast("127.0.0.1", 4000), TypeError);
    await peer.send(complete(id));
    await answer;
    const started = call.startUnicast("127.0.0.1", 4000);
    await assert.rejects(call.startUnicast("127.0.0.1", 4000), TypeError);
    await peer.expect(
      `api uuid_setvar ${UUID} vapi_unicast asked`,
      apiResponse(),
    );
    assert.equal(
      await peer.expect("sendmsg", commandReply()),
      "sendmsg\ncall-command: unicast\nlocal-ip: 127.0.0.1\nlocal-port: 0\n" +
        "remote-ip: 127.0.0.1\nremote-port: 4000\ntransport: udp",
    );
    await started;
    await assert.rejects(call.startUnicast("127.0.0.1", 4000), TypeError);
  }));

Deno.test("a channel is sent to a number in the context for that, and to nothing that is no number", () =>
  withCall({}, async ({ call, peer }) => {
    for (
      const bad of ["8001 XML default", "8001\n\napi system id", "", "a&b"]
    ) {
      await assert.rejects(call.transfer!(bad), TypeError);
    }
    const sent = call.transfer!("8001");
    await peer.expect(
      `api uuid_transfer ${UUID} 8001 XML vapi-agents`,
      apiResponse(),
    );
    await sent;
    const refused = call.transfer!("8002");
    await peer.expect(
      "api uuid_transfer",
      apiResponse("-ERR No such channel!\n"),
    );
    await assert.rejects(refused, RemoteError);
  }));

Deno.test("a channel that comes back says why, until it has audio", () =>
  withCall(
    { headers: { variable_vapi_transfer: "NO_ANSWER" } },
    async ({ call, peer }) => {
      assert.equal(call.channel.transferFailed, "NO_ANSWER");
      const taken = call.takeOver();
      await acceptTakeOver(peer);
      await taken;
      // A node that is full, or dies before that, has told the caller nothing.
      const came = call.audioCame!();
      await peer.expect("api uuid_setvar", apiResponse());
      await peer.expect(`api uuid_setvar ${UUID} vapi_transfer`, apiResponse());
      await came;
    },
  ));

Deno.test("the channel keeps that the first frame came", () =>
  withCall({}, async ({ call, peer }) => {
    const came = call.audioCame?.();
    await peer.expect(
      `api uuid_setvar ${UUID} vapi_unicast came`,
      apiResponse(),
    );
    await came;
  }));

Deno.test("a channel whose audio was asked for and never came has that done, and goes to the next action", () =>
  withListener({}, async ({ listener, nextCall }) => {
    using peer = await EslPeer.connect(listener.port);
    const headers = { ...ANSWERED, variable_vapi_unicast: "asked" };
    await peer.expect("connect", channelData(headers));
    await acceptTakeOver(peer);
    const command = await peer.expect("sendmsg", commandReply());
    assert.match(command, /^execute-app-arg: vapi_unicast=settled$/m);
    // Nothing may be closed before FreeSWITCH has come to it.
    await peer.send(jsonEvent("DTMF", { "DTMF-Digit": "1" }));
    const id = /^event-uuid: (.+)$/m.exec(command)?.[1];
    await peer.send(complete(id!));
    await peer.ended();
    using next = await EslPeer.connect(listener.port);
    const settled = { ...ANSWERED, variable_vapi_unicast: "settled" };
    await next.expect("connect", channelData(settled));
    const call = await nextCall();
    assert.equal(call.channel.uuid, UUID);
    call.leave();
    await next.ended();
  }));

Deno.test("a channel whose audio cannot be settled goes on all the same", () =>
  withListener({ commandTimeoutMs: 50 }, async ({ listener }) => {
    using peer = await EslPeer.connect(listener.port);
    const headers = { ...ANSWERED, variable_vapi_unicast: "asked" };
    await peer.expect("connect", channelData(headers));
    await acceptTakeOver(peer);
    await peer.expect("sendmsg", commandReply());
    await peer.ended();
  }));

Deno.test("a value with a line break is refused and nothing of it is sent", () =>
  withCall({ headers: ANSWERED }, async ({ call, peer }) => {
    await call.answer();
    const bad = "x\n\napi system id\n\n";
    await assert.rejects(call.setVariable("name", bad), TypeError);
    await assert.rejects(call.setVariable(bad, "x"), TypeError);
    await assert.rejects(call.hangUp(bad), TypeError);
    await assert.rejects(call.startUnicast(bad, 4000), TypeError);
    const set = call.setVariable("name", "good");
    await peer.expect(`api uuid_setvar ${UUID} name good`, apiResponse());
    await set;
  }));

Deno.test("commands sent together are each answered by their own reply", () =>
  withCall({}, async ({ call, peer }) => {
    const both = Promise.allSettled([
      call.setVariable("a", "1"),
      call.setVariable("b", "2"),
      call.hangUp("USER_BUSY"),
    ]);
    await peer.expect(
      "api uuid_setvar",
      apiResponse("-ERR No such channel!\n"),
    );
    await peer.expect("api uuid_setvar", apiResponse());
    assert.match(
      await peer.expect("sendmsg", commandReply()),
      /call-command: hangup\nhangup-cause: USER_BUSY$/,
    );
    const [first, second, third] = await both;
    assert.ok(
      first.status === "rejected" && first.reason instanceof RemoteError,
    );
    assert.equal(second.status, "fulfilled");
    assert.equal(third.status, "fulfilled");
  }));

Deno.test("a reply that comes too late is not taken for the next command's", () =>
  withCall({ commandTimeoutMs: 100 }, async ({ call, peer }) => {
    await assert.rejects(call.setVariable("a", "1"), isTimeout);
    const next = call.setVariable("b", "2");
    await peer.expect("api uuid_setvar", apiResponse());
    await peer.expect("api uuid_setvar", apiResponse("-ERR second\n"));
    await assert.rejects(next, /second/);
  }));

Deno.test("leave lets what was said before reach FreeSWITCH", () =>
  withCall({}, async ({ call, peer, heard }) => {
    const set = call.setVariable("vapi_outcome", "transfer");
    call.leave();
    call.leave();
    await assert.rejects(call.hangUp("USER_BUSY"), ProtocolError);
    await peer.expect("api uuid_setvar", apiResponse());
    await set;
    await peer.ended();
    assert.equal(await heard.closed, "we left");
    assert.deepEqual(heard.lines, ["closed we left"]);
  }));

Deno.test("leave does not wait for ever for a reply", () =>
  withCall({ commandTimeoutMs: 50 }, async ({ call, peer, heard }) => {
    const set = assert.rejects(call.setVariable("a", "b"));
    call.leave();
    await peer.ended();
    await set;
    await heard.closed;
  }));

Deno.test("a call brings keys, and nothing that is no key", () =>
  withCall({}, async ({ peer, heard }) => {
    for (const digit of ["5", "F", "", "#", null, ["1"], "d"]) {
      await peer.send(jsonEvent("DTMF", { "DTMF-Digit": digit }));
    }
    await heard.count(3);
    assert.deepEqual(heard.lines, ["dtmf 5", "dtmf #", "dtmf D"]);
  }));

Deno.test("a call tells that the other side puts it on hold, and goes on", () =>
  withCall({}, async ({ peer, heard }) => {
    await peer.send(jsonEvent("CHANNEL_HOLD", {}));
    await peer.send(jsonEvent("CHANNEL_UNHOLD", {}));
    await heard.count(2);
    assert.deepEqual(heard.lines, ["held", "off hold"]);
  }));

Deno.test("a channel that is on hold when it comes is known to be", () =>
  withCall({ headers: { "Channel-Call-State": "HELD" } }, ({ call }) => {
    assert.ok(call.channel.held);
    return Promise.resolve();
  }));

Deno.test("events of another channel are ignored", () =>
  withCall({}, async ({ peer, heard }) => {
    const other = { "Unique-ID": "11111111-2222-3333-4444-555555555555" };
    await peer.send(jsonEvent("CHANNEL_HANGUP", other));
    await peer.send(jsonEvent("DTMF", { ...other, "DTMF-Digit": "1" }));
    await peer.send(jsonEvent("DTMF", { "DTMF-Digit": "2" }));
    await heard.count(1);
    assert.deepEqual(heard.lines, ["dtmf 2"]);
  }));

Deno.test("events are kept until somebody listens, the last ones in any case", () =>
  withListener({}, async ({ listener, nextCall }) => {
    using peer = await EslPeer.connect(listener.port);
    await peer.expect("connect", channelData());
    const call = await nextCall();
    for (let n = 0; n < 200; n++) {
      await peer.send(jsonEvent("DTMF", { "DTMF-Digit": "1" }));
    }
    await peer.send(
      jsonEvent("CHANNEL_HANGUP", { "Hangup-Cause": "USER_BUSY" }),
    );
    await peer.send(jsonEvent("CHANNEL_HANGUP_COMPLETE"));
    await peer.ended();
    const { lines } = hear(call);
    assert.equal(lines.length, 64 + 3);
    assert.deepEqual(lines.slice(-3), [
      "hungUp USER_BUSY",
      "statistics {}",
      "closed hung up",
    ]);
    assert.throws(() => hear(call), TypeError);
  }));

Deno.test("a listener that throws does not end the call", () =>
  withListener({}, async ({ listener, nextCall }) => {
    using peer = await EslPeer.connect(listener.port);
    await peer.expect("connect", channelData());
    const call = await nextCall();
    const seen: string[] = [];
    const closed = Promise.withResolvers<string>();
    call.listen({
      held() {},
      dtmf(digit) {
        seen.push(digit);
        throw new Error("a bug");
      },
      hungUp: () => {},
      statistics: () => {},
      closed: closed.resolve,
    });
    await peer.send(jsonEvent("DTMF", { "DTMF-Digit": "1" }));
    await peer.send(jsonEvent("DTMF", { "DTMF-Digit": "2" }));
    await peer.closeWrite();
    assert.equal(await closed.promise, "FreeSWITCH closed the connection");
    assert.deepEqual(seen, ["1", "2"]);
  }));

Deno.test("the recorded hang-up brings the key, the hang-up, the statistics and the end, in order", () =>
  withListener({}, async ({ listener, nextCall }) => {
    const trace = readTrace();
    using peer = await EslPeer.connect(listener.port);
    await peer.expect("connect", trace[1].data);
    const call = await nextCall();
    const heard = hear(call);
    assert.equal(call.channel.callerName, "caf\ufffd 张");
    assert.equal(call.channel.uuid, UUID);
    await Promise.all([call.takeOver(), acceptTakeOver(peer)]);
    assert.deepEqual(await call.answer(), {
      codec: "PCMA",
      rateHz: 8000,
      frameMs: 20,
    });
    for (const { data } of [trace[12], ...trace.slice(25)]) {
      await peer.sendUntilGone(data);
    }
    await heard.closed;
    assert.equal(heard.lines.length, 4);
    assert.deepEqual(heard.lines.slice(0, 2), [
      "dtmf 5",
      "hungUp NORMAL_CLEARING",
    ]);
    assert.deepEqual(JSON.parse(heard.lines[2].replace("statistics ", "")), {
      jitterMs: Math.sqrt(276.74),
      packetLossPercent: 0,
      meanOpinionScore: 4.5,
    });
    assert.equal(heard.lines[3], "closed hung up");
    await call.hangUp("NORMAL_CLEARING").catch(() => {});
    assert.equal(listener.connectionCount, 0);
  }));

Deno.test("a hang-up that we ask for is not asked for again after it has come", () =>
  withCall({}, async ({ call, peer, heard }) => {
    await peer.send(
      jsonEvent("CHANNEL_HANGUP", { "Hangup-Cause": "USER_BUSY" }),
    );
    await heard.count(1);
    await call.hangUp("NORMAL_CLEARING");
    const set = call.setVariable("a", "1");
    await peer.expect("api uuid_setvar", apiResponse());
    await set;
  }));

Deno.test("a disconnect notice ends the connection", () =>
  withCall({}, async ({ peer, heard }) => {
    await peer.send(notice("disconnect"));
    assert.equal(await heard.closed, "FreeSWITCH said goodbye");
    await peer.ended();
  }));

Deno.test("a linger notice tells of a hang-up that we did not see", () =>
  withCall({}, async ({ peer, heard }) => {
    await peer.send(notice("linger"));
    await heard.count(1);
    await peer.closeWrite();
    await heard.closed;
    assert.deepEqual(heard.lines, [
      "hungUp UNSPECIFIED",
      "closed FreeSWITCH closed the connection",
    ]);
  }));

const SEQUENCE = { "Event-Sequence": "1043", "Answer-State": "answered" };

Deno.test("a channel that was taken elsewhere is let go of", () =>
  withCall({ headers: SEQUENCE }, async ({ call, peer, heard }) => {
    await Promise.all([call.takeOver(), acceptTakeOver(peer)]);
    const unparked = { ...SEQUENCE, "Event-Sequence": "1051" };
    await peer.send(jsonEvent("CHANNEL_UNPARK", unparked));
    assert.equal(await heard.closed, "the channel was taken elsewhere");
  }));

Deno.test("that the application before us lost the channel does not concern us", () =>
  withCall({ headers: SEQUENCE }, async ({ call, peer, heard }) => {
    await Promise.all([call.takeOver(), acceptTakeOver(peer)]);
    const late = { ...SEQUENCE, "Event-Sequence": "1031" };
    await peer.send(jsonEvent("CHANNEL_UNPARK", late));
    await peer.send(jsonEvent("DTMF", { "DTMF-Digit": "5" }));
    await heard.count(1);
    assert.deepEqual(heard.lines, ["dtmf 5"]);
    call.leave();
    assert.notEqual(await heard.closed, "the channel was taken elsewhere");
  }));
