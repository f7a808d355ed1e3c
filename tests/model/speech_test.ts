import assert from "node:assert/strict";
import type { ConnectSocket } from "../../src/model/model_socket.ts";
import { connectWebSocket } from "../../src/model/web_socket.ts";
import { openRig } from "../support/model_rig.ts";

const PREFIX = "conversation.item.input_audio_transcription.";
const partial = (text: string, itemId?: string) => ({
  type: `${PREFIX}delta`,
  delta: text,
  item_id: itemId,
});
const completed = (text?: string, itemId?: string) => ({
  type: `${PREFIX}completed`,
  transcript: text,
  item_id: itemId,
});
const STOPPED = { type: "input_audio_buffer.speech_stopped" };

Deno.test("speech of the caller arrives as it was, also from the middle of a buffer", async () => {
  await using rig = await openRig();
  const all = Int16Array.of(7, -32768, 32767, 0, -1, 7);
  const samples = all.subarray(1, 5);
  rig.model.appendAudio(samples);
  samples.fill(0);
  assert.equal(
    await rig.peer.nextText(),
    `{"type":"input_audio_buffer.append","audio":"${
      new Uint8Array(Int16Array.of(-32768, 32767, 0, -1).buffer).toBase64()
    }"}`,
  );
  rig.model.appendAudio(new Int16Array(0));
  rig.model.appendAudio(Int16Array.of(1));
  const { audio } = await rig.sends("input_audio_buffer.append");
  assert.equal(audio, "AQA=");
});

let bufferedBytes = 0;

/** A socket in which as much waits as the test says. */
const connect: ConnectSocket = (address, events) => {
  const socket = connectWebSocket(address, events);
  return {
    get bufferedBytes() {
      return bufferedBytes;
    },
    send: (text) => socket.send(text),
    sendSpeech: (samples, around) => socket.sendSpeech(samples, around),
    close: () => socket.close(),
  };
};

Deno.test("a peer that has read nothing for five seconds of speech is given up", async () => {
  bufferedBytes = 0;
  await using rig = await openRig({ connect });
  bufferedBytes = 1024 * 1024 + 1;
  const second = new Int16Array(16_000);
  for (let n = 0; n < 5; n++) rig.model.appendAudio(second);
  const words = "it does not read: audio of the caller is lost";
  await rig.hears(
    ["complaint", { kind: "peer", message: words }],
    ["lost", "timeout"],
  );
});

Deno.test("speech is dropped and complained of once while the peer does not read", async () => {
  bufferedBytes = 0;
  await using rig = await openRig({ connect });
  const message = "it does not read: audio of the caller is lost";
  for (const n of [1, 2]) {
    bufferedBytes = 1024 * 1024 + 1;
    rig.model.appendAudio(Int16Array.of(100));
    rig.model.appendAudio(Int16Array.of(100));
    await rig.hears(["complaint", { kind: "peer", message }]);
    await rig.hearsNothing();
    bufferedBytes = 1024 * 1024;
    rig.model.appendAudio(Int16Array.of(n));
    const { audio } = await rig.sends("input_audio_buffer.append");
    assert.equal(audio, n === 1 ? "AQA=" : "AgA=");
  }
});

for (
  const [model, rateHz] of [
    ["step-audio-2", 16000],
    ["step-audio-2-mini", 16000],
    ["stepaudio-2.5-realtime", 24000],
    ["stepaudio-3-realtime-preview", 24000],
  ] as const
) {
  Deno.test(`${model} takes ${rateHz} Hz and gives 24000`, async () => {
    await using rig = await openRig({ model });
    assert.equal(rig.model.inputRateHz, rateHz);
    assert.equal(rig.model.outputRateHz, 24000);
    assert.equal(rig.peer.request.url.searchParams.get("model"), model);
  });
}

Deno.test("the operator's rates win", async () => {
  await using rig = await openRig({ inputRateHz: 24000, outputRateHz: 16000 });
  assert.equal(rig.model.inputRateHz, 24000);
  assert.equal(rig.model.outputRateHz, 16000);
});

for (
  const [name, events, said] of [
    ["deltas carry all of the text so far", [
      partial("how", "u1"),
      partial("how are", "u1"),
      completed("How are you?", "u1"),
    ], ["How are you?"]],
    ["a completion without text ends what the deltas said", [
      partial("how are you", "u1"),
      completed(undefined, "u1"),
    ], ["how are you"]],
    ["the next item ends one that was never completed", [
      partial("one", "u1"),
      partial("two", "u2"),
      completed("Two.", "u2"),
      completed("One.", "u1"),
    ], ["one", "Two."]],
    ["a completion of another item ends one that was never completed", [
      partial("one", "u1"),
      completed("Two.", "u2"),
    ], ["one", "Two."]],
    ["what has no item is told apart by the caller's stops", [
      STOPPED,
      partial("one"),
      STOPPED,
      partial("two"),
      completed("Two."),
    ], ["one", "Two."]],
    ["an item that is named late is the same utterance", [
      partial("on"),
      partial("one", "u1"),
      completed("One."),
    ], ["One."]],
    ["a completion may come twice", [
      completed("One.", "u1"),
      partial("one", "u1"),
      completed("One.", "u1"),
    ], ["One."]],
    [
      "silence is nothing said",
      [completed("", "u1"), completed(" ", "u2")],
      [],
    ],
  ] as const
) {
  Deno.test(`the caller is told once an utterance when ${name}`, async () => {
    await using rig = await openRig();
    for (const event of events) rig.peer.send(event);
    rig.peer.send({ type: "input_audio_buffer.speech_started" });
    const heard: unknown[] = [];
    let next = await rig.heard.next();
    while (next[0] !== "speechStarted") {
      if (next[0] === "callerSaid") heard.push(next[1]);
      next = await rig.heard.next();
    }
    assert.deepEqual(heard, said);
  });
}

Deno.test("the caller's words are told with the turn of their item, once an item is named", async () => {
  await using rig = await openRig();
  const buffer = (name: string, item_id?: string) =>
    rig.peer.send({ type: `input_audio_buffer.${name}`, item_id });
  buffer("speech_started", "u1");
  buffer("speech_stopped", "u1");
  buffer("speech_started");
  buffer("speech_stopped");
  buffer("committed", "u2");
  rig.peer.send(completed("One.", "u1"));
  rig.peer.send(completed("Two.", "u2"));
  const [started, stopped] = [["speechStarted"], ["speechStopped"]] as const;
  await rig.hears([...started], [...stopped], [...started], [...stopped]);
  await rig.hears(["callerSaid", "One.", 1], ["callerSaid", "Two.", 0]);
});
