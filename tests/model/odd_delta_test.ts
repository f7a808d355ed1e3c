import assert from "node:assert/strict";
import { AudioDeltaReader } from "../../src/model/audio_delta_reader.ts";
import { ClientEvents } from "../../src/model/client_event.ts";
import { Conversation } from "../../src/model/conversation.ts";
import { decodeServerEvent } from "../../src/model/decode_server_event.ts";
import type { ServerEvent } from "../../src/model/server_event.ts";
import { SILENT_EVENTS } from "../../src/model/silent_events.ts";
import { stepFunProfile } from "../../src/model/stepfun_profile.ts";
import { created, done } from "../support/model_events.ts";
import { openRig } from "../support/model_rig.ts";
import {
  between,
  printedRandom,
  type Random,
} from "../support/seeded_random.ts";

const profile = stepFunProfile("step-audio-2");
const encoder = new TextEncoder();
const HALF = ["complaint", {
  kind: "peer",
  message: "it sent audio with half a sample",
}] as ["complaint", unknown];

const audio = (bytes: readonly number[], ids = {}) => ({
  type: "response.audio.delta",
  ...ids,
  delta: Uint8Array.from(bytes).toBase64(),
});

/** What a conversation makes of messages that are read one way. */
function listen(read: (text: string) => ServerEvent | undefined) {
  const heard: number[] = [];
  const complaints: string[] = [];
  const conversation = new Conversation({
    profile,
    encode: new ClientEvents(profile),
    send() {},
    fail: () => assert.fail("nothing here is fatal"),
    responseTimeoutMs: 60_000,
    settleTimeoutMs: 60_000,
    events: {
      ...SILENT_EVENTS,
      audio: (samples) => void heard.push(...samples),
      complaint: ({ message }) => void complaints.push(message),
    },
  });
  return {
    conversation,
    heard,
    complaints,
    take(event: object) {
      const found = read(JSON.stringify(event));
      assert.ok(found !== undefined);
      conversation.receive(found);
    },
  };
}

function byJson(text: string): ServerEvent {
  return decodeServerEvent(text, profile.serverEvents);
}

function byBytes(): (text: string) => ServerEvent {
  const reader = new AudioDeltaReader(profile.serverEvents);
  return (text) => {
    const event = reader.read(encoder.encode(text));
    // What is not plain, or very long, has no other way.
    return event ?? byJson(text);
  };
}

/** Cuts anywhere: pieces of no byte, one, some, and rarely very many. */
function* cut(bytes: Uint8Array, random: Random): Generator<Uint8Array> {
  const most = [3, 20, 3000][between(random, 0, 2)];
  let at = 0;
  while (at < bytes.length) {
    const length = random() < 0.01
      ? between(random, 190_000, 210_000)
      : between(random, 0, most);
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

Deno.test("speech comes out whole and alike by both readings, wherever it is cut", () => {
  const random = printedRandom("cuts of speech");
  for (let round = 0; round < 150; round++) {
    const samples = between(random, 1, round % 30 === 0 ? 250_000 : 4000);
    const speech = Int16Array.from(
      { length: samples },
      () => between(random, -32768, 32767),
    );
    const ways = [listen(byJson), listen(byBytes())];
    // Both ways mixed, as a connection does with what is not plain.
    const swift = byBytes();
    ways.push(listen((text) => (random() < 0.5 ? swift : byJson)(text)));
    const pieces = [...cut(new Uint8Array(speech.buffer), random)];
    for (const way of ways) {
      way.take(created("r"));
      for (const piece of pieces) {
        const named = random() < 0.7 ? { response_id: "r", item_id: "i" } : {};
        way.take({ ...audio([]), ...named, delta: piece.toBase64() });
      }
      way.take(done("r"));
      way.conversation.end("cancelled");
      assert.equal(way.heard.length, speech.length);
      assert.ok(way.heard.every((value, n) => value === speech[n]));
      const isOdd = pieces.some(({ length }) => length % 2 === 1);
      assert.equal(way.complaints.length, isOdd ? 1 : 0, way.complaints.join());
    }
  }
});

Deno.test("half a sample waits for the next delta, and is complained of once a response", async () => {
  await using rig = await openRig();
  rig.peer.send(audio([1, 0, 2]));
  await rig.hears(["responseStarted"], HALF, ["audio", [1]], ["audioEnded"]);
  rig.peer.send(audio([0, 3]));
  await rig.hears(["audio", [2]], ["audioEnded"]);
  rig.peer.send(audio([1]));
  await rig.hears(["audio", [0x0103]], ["audioEnded"]);
  rig.peer.send(audio([5]));
  rig.peer.send(done());
  await rig.hears(["responseEnded", "completed"]);
  rig.peer.send(created("b"));
  rig.peer.send(audio([7, 0, 9], { response_id: "b" }));
  await rig.hears(["responseStarted"], HALF, ["audio", [7]]);
});

Deno.test("deltas of odd length in a row do not end the conversation", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  await rig.hears(["responseStarted"]);
  for (let n = 0; n < 100; n++) rig.peer.send(audio([n]));
  await rig.hears(HALF);
  for (let n = 0; n < 100; n += 2) {
    await rig.hears(["audio", [n + 1 << 8 | n]]);
  }
  await rig.hearsNothing();
});

for (
  const [what, between] of [
    ["another item", [audio([], { item_id: "j" })]],
    ["another item that is announced", [{
      type: "response.output_item.added",
      item: { id: "j", type: "message" },
    }]],
    ["the end of its speech", [{ type: "response.audio.done" }]],
    ["another response", [done("a"), created("b")]],
  ] as const
) {
  Deno.test(`half a sample is forgotten with ${what}`, async () => {
    await using rig = await openRig();
    rig.peer.send(created("a"));
    rig.peer.send(audio([1, 0, 2], { item_id: "i" }));
    for (const event of between) rig.peer.send(event);
    rig.peer.send(audio([3, 0]));
    await rig.hears(["responseStarted"], HALF, ["audio", [1]]);
    let [name, samples] = await rig.heard.next();
    while (name !== "audio") [name, samples] = await rig.heard.next();
    assert.deepEqual(samples, [3]);
  });
}

Deno.test("half a sample is forgotten with an interruption", async () => {
  await using rig = await openRig();
  rig.peer.send(created("a"));
  rig.peer.send(audio([1, 0, 2]));
  await rig.hears(["responseStarted"], HALF, ["audio", [1]]);
  rig.model.interrupt(0);
  rig.peer.send(audio([9]));
  rig.peer.send(done("a", "cancelled"));
  rig.peer.send(created("b"));
  rig.peer.send(audio([3, 0]));
  await rig.hears(
    ["responseEnded", "cancelled"],
    ["responseStarted"],
    ["audio", [3]],
  );
});
