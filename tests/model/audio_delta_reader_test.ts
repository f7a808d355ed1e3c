import assert from "node:assert/strict";
import { AudioDeltaReader } from "../../src/model/audio_delta_reader.ts";
import { decodeServerEvent } from "../../src/model/decode_server_event.ts";
import { openaiProfile } from "../../src/model/openai_profile.ts";
import { stepFunProfile } from "../../src/model/stepfun_profile.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

const { serverEvents } = stepFunProfile("step-audio-2");
const encoder = new TextEncoder();
const SPEECH = Int16Array.from({ length: 30 }, (_, i) => 1000 * i - 9000);
const DELTA = new Uint8Array(SPEECH.buffer).toBase64();
const EVENT = {
  event_id: "event_1",
  type: "response.audio.delta",
  response_id: "resp_1",
  item_id: "item_1",
  output_index: 0,
  content_index: -12,
  delta: DELTA,
};

function read(text: string | Uint8Array) {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  return new AudioDeltaReader(serverEvents).read(bytes);
}

/** What it takes must be what the slow way makes of it. */
function readAlike(text: Uint8Array): boolean {
  const event = read(text);
  if (event === undefined) return false;
  const found = structuredClone(event);
  const whole = new TextDecoder("utf-8", { fatal: true }).decode(text);
  assert.deepEqual(found, decodeServerEvent(whole, serverEvents), whole);
  return true;
}

Deno.test("a piece of speech is read from bytes as from its JSON", () => {
  const spaced = JSON.stringify(EVENT, undefined, "\t\r\n ");
  for (const text of [JSON.stringify(EVENT), ` ${spaced}\n`]) {
    assert.ok(readAlike(encoder.encode(text)), text);
  }
  const event = read(JSON.stringify(EVENT));
  assert.ok(event?.type === "audio");
  assert.deepEqual(event.samples, SPEECH);
});

Deno.test("fields may come in any order, be left out, doubled, or be unknown", () => {
  const turned = Object.fromEntries(Object.entries(EVENT).reverse());
  const { type, delta } = EVENT;
  const doubled = `{"type":"error","delta":"AAAA",${
    JSON.stringify(EVENT).slice(1)
  }`;
  const texts = [
    JSON.stringify(turned),
    JSON.stringify({ type, delta }),
    JSON.stringify({ ...EVENT, response_id: "", item_id: "x".repeat(300) }),
    JSON.stringify({ ...EVENT, deltas: "x", typ: "y", "": "z" }),
    JSON.stringify({ ...EVENT, delta: "" }),
    JSON.stringify({ ...EVENT, delta: "AAA=" }),
    doubled,
  ];
  for (const text of texts) {
    assert.ok(readAlike(encoder.encode(text)), text);
  }
});

Deno.test("a supplier's own name of the event counts, and no other's", () => {
  const openAi = new AudioDeltaReader(openaiProfile("m").serverEvents);
  const text = JSON.stringify(EVENT);
  const renamed = text.replace("audio.delta", "output_audio.delta");
  assert.ok(openAi.read(encoder.encode(renamed)));
  assert.equal(openAi.read(encoder.encode(text)), undefined);
});

Deno.test("identifications follow the messages of a conversation", () => {
  const reader = new AudioDeltaReader(serverEvents);
  for (const id of ["resp_1", "resp_1", "resp_2", "resp_10", ""]) {
    const text = JSON.stringify({ ...EVENT, response_id: id });
    const event = reader.read(encoder.encode(text));
    assert.ok(event?.type === "audio");
    assert.equal(event.responseId, id === "" ? undefined : id);
  }
});

Deno.test("what is not plain is left to the parser of JSON", () => {
  const text = JSON.stringify(EVENT);
  const others = [
    "",
    "null",
    "[]",
    "{}",
    `${text} x`,
    text.slice(0, -1),
    `{,${text.slice(1)}`,
    text.replace("event_1", "你好"),
    text.replace("event_1", "a\\nb"),
    text.replace("event_1", "a\nb"),
    text.replace(":0", ":null"),
    text.replace(":0", ":00"),
    text.replace(":0", ":1.5"),
    text.replace(":0", ":{}"),
    text.replace(":0", ":-"),
    text.replace(DELTA, `${DELTA.slice(0, 8)}\\/${DELTA.slice(9)}`),
    text.replace(DELTA, `${DELTA.slice(0, 8)} ${DELTA.slice(9)}`),
    text.replace(DELTA, "A"),
    text.replace('"delta":"', '"delta":7,"x":"'),
    JSON.stringify({ ...EVENT, type: "response.audio.done" }),
  ];
  for (const other of others) assert.equal(read(other), undefined, other);
});

Deno.test("whatever is done to a message, it is read as its JSON or left alone", () => {
  const random = printedRandom("mangled deltas");
  const whole = encoder.encode(JSON.stringify(EVENT));
  let taken = 0;
  for (let i = 0; i < 5000; i++) {
    const text = [...whole];
    const at = between(random, 0, text.length - 1);
    const how = between(random, 0, 3);
    if (how === 0) text[at] = between(random, 0, 255);
    else if (how === 1) text.splice(at, between(random, 1, 9));
    else if (how === 2) text.splice(at, 0, between(random, 32, 126));
    else text.length = at;
    if (readAlike(Uint8Array.from(text))) taken++;
  }
  assert.ok(taken > 250, `${taken} were taken`);
});
