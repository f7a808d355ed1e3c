import assert from "node:assert/strict";
import { alignSpeech, compareSpeech } from "../../src/simulator/similarity.ts";
import { readWav } from "../../src/simulator/wav.ts";
import { findSentences } from "../../tools/demo/sentences.ts";
import { BrowserCaller } from "../support/browser_caller.ts";
import { type NodeRig, withNode } from "../support/node_rig.ts";

const SPEECH = readWav(
  Deno.readFileSync(new URL("../../assets/speech_8k.wav", import.meta.url)),
).samples;
const TOKEN = "token-of-these-tests";
const ENVIRONMENT = { API_TOKEN: TOKEN, GATEWAY_PORT: "0" };
const RATE_HZ = 8000;
const FRAME_SAMPLES = 160;
/** Silence for the detector before the caller speaks. */
const PAUSE_SAMPLES = 4000;

/** Asks the node's REST interface. */
async function ask(rig: NodeRig, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${rig.server.httpUrl}/v1/${path}`, {
    ...init,
    headers,
  });
  return { status: response.status, body: await response.json() };
}

/** Books a call at 8 kHz and connects. */
async function callByBrowser(rig: NodeRig) {
  const body = JSON.stringify({ rateHz: RATE_HZ, callerNumber: "13800138000" });
  const booked = await ask(rig, "browser-calls", { method: "POST", body });
  assert.equal(booked.status, 201);
  const { callId, ticket, gatewayPort } = booked.body;
  const redeem = (ticket: string) =>
    new BrowserCaller(gatewayPort, ["vapi.v1", `ticket.${ticket}`]);
  return { callId: callId as string, caller: redeem(ticket), redeem };
}

/** A call in which the browser speaks until `signal` fires, and has heard something. */
async function talkByBrowser(rig: NodeRig, signal: AbortSignal) {
  const call = await callByBrowser(rig);
  const { ticket } = await call.caller.told("answered");
  call.caller.speak(firstSentence(), FRAME_SAMPLES, signal);
  await call.caller.until(() => call.caller.frames.length > 20);
  return { ...call, ticket };
}

function firstSentence(): Int16Array {
  const { from, to } = findSentences(SPEECH, RATE_HZ)[0];
  const said = new Int16Array(PAUSE_SAMPLES + to - from);
  said.set(SPEECH.subarray(from, to), PAUSE_SAMPLES);
  return said;
}

Deno.test("a browser that has spoken hears the model's answer, as it was said", async () => {
  await withNode({ environment: ENVIRONMENT }, async (rig) => {
    const said = firstSentence();
    const { callId, caller } = await callByBrowser(rig);
    assert.equal((await caller.told("ringing")).callId, callId);
    const { rateHz, frameMs } = await caller.told("answered");
    assert.deepEqual([rateHz, frameMs], [RATE_HZ, 20]);
    using stack = new DisposableStack();
    const speaking = stack.adopt(new AbortController(), (it) => it.abort());
    caller.speak(said, FRAME_SAMPLES, speaking.signal);
    const spoken = said.subarray(PAUSE_SAMPLES);
    // Silence stands before it, so it may be over later; a call in which it never comes ends by itself.
    const least = Math.ceil(spoken.length / FRAME_SAMPLES);
    await caller.until(() => {
      const { frames } = caller;
      if (frames.length < least || frames.length % 5 > 0) return false;
      const heard = Int16Array.from(frames.flatMap((each) => [...each]));
      // Only what is there at all is worth a long look: a machine that stands still leaves pauses in it.
      return compareSpeech(spoken, heard, RATE_HZ).correlation > 0.3 &&
        alignSpeech(spoken, heard, RATE_HZ).correlation > 0.9;
    });
    assert.ok(caller.frames.every(({ length }) => length === FRAME_SAMPLES));

    const { role, index } = await caller.told("said");
    // The greeting.
    assert.deepEqual([role, index], ["assistant", 0]);
    const { body } = await ask(rig, `calls/${callId}`);
    assert.equal(body.line, "browser");
    assert.equal(body.state, "talking");
    assert.equal(body.caller, "*******8000");
    caller.send('{"type":"hang_up"}');
    await caller.closed;
    const ended = await rig.logged(
      "The call has ended",
      (line) => line.callId === callId,
    );
    assert.deepEqual(ended.end, { by: "hangup", cause: "NORMAL_CLEARING" });
    assert.equal((await ask(rig, `calls/${callId}`)).status, 404);
  });
});

Deno.test("a browser whose connection was lost comes back to its conversation", async () => {
  await withNode({ environment: ENVIRONMENT }, async (rig) => {
    using stack = new DisposableStack();
    const speaking = stack.adopt(new AbortController(), (it) => it.abort());
    const { callId, caller, redeem, ticket } = await talkByBrowser(
      rig,
      speaking.signal,
    );
    await caller.close(4000);

    const again = redeem(ticket);
    await again.told("answered");
    again.speak(firstSentence(), FRAME_SAMPLES, speaking.signal);
    await again.until(() => again.frames.length > 20);
    await rig.logged("A call goes on here", (line) => line.callId === callId);
    const { body } = await ask(rig, "calls");
    assert.deepEqual(
      body.calls.map((each: Record<string, unknown>) => [
        each.callId,
        each.resumed,
      ]),
      [[callId, true]],
    );
    await again.close();
  });
});

Deno.test("a browser with a new network need not wait for the old one to be noticed", async () => {
  await withNode({ environment: ENVIRONMENT }, async (rig) => {
    using stack = new DisposableStack();
    const speaking = stack.adopt(new AbortController(), (it) => it.abort());
    const { callId, caller, redeem, ticket } = await talkByBrowser(
      rig,
      speaking.signal,
    );

    // The old connection is there, and goes on.
    const again = redeem(ticket);
    await again.told("answered");
    const { mayReturn } = await caller.told("ended");
    assert.equal(mayReturn, false);
    again.speak(firstSentence(), FRAME_SAMPLES, speaking.signal);
    await again.until(() => again.frames.length > 20);
    const { body } = await ask(rig, "calls");
    assert.deepEqual(
      body.calls.map((each: Record<string, unknown>) => each.callId),
      [callId],
    );
    await again.close();
    await caller.closed;
  });
});

Deno.test("an operator ends a telephone's call and a browser's", async () => {
  await withNode({ environment: ENVIRONMENT }, async (rig) => {
    const phone = rig.call();
    const { callId, caller } = await callByBrowser(rig);
    await caller.told("answered");
    using stack = new DisposableStack();
    const speaking = stack.adopt(new AbortController(), (it) => it.abort());
    caller.speak(new Int16Array(), FRAME_SAMPLES, speaking.signal);
    for (const each of [callId, phone.uuid]) {
      await rig.logged("The call has audio", (line) => line.callId === each);
      const answer = await ask(rig, `calls/${each}`, { method: "DELETE" });
      assert.equal(answer.status, 202);
    }
    const { cause, mayReturn } = await caller.told("ended");
    assert.deepEqual([cause, mayReturn], ["NORMAL_CLEARING", false]);
    assert.equal((await phone.ended).cause, "NORMAL_CLEARING");
    await caller.closed;
  });
});

Deno.test("a node that leaves tells a browser that it may come back", async () => {
  let caller: BrowserCaller | undefined;
  await withNode({ environment: ENVIRONMENT }, async (rig) => {
    ({ caller } = await callByBrowser(rig));
    await caller.told("answered");
  });
  const { reason, mayReturn } = await caller!.told("ended");
  assert.deepEqual([reason, mayReturn], ["drain", true]);
  await caller!.closed;
});
