import assert from "node:assert/strict";
import { AppendReader } from "../../../src/simulator/stepfun/append_reader.ts";
import {
  parseEvent,
  readSamples,
} from "../../../src/simulator/stepfun/client_event.ts";
import { printedRandom } from "../../support/seeded_random.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function append(samples: Int16Array): Uint8Array {
  const audio = new Uint8Array(samples.buffer).toBase64();
  return encode(JSON.stringify({ type: "input_audio_buffer.append", audio }));
}

function ramp(length: number): Int16Array<ArrayBuffer> {
  return Int16Array.from({ length }, (_, i) => (i * 257) << 16 >> 16);
}

/** What parsing says; undefined for what is not an append, or is not right. */
function parse(message: Uint8Array): Int16Array | undefined {
  const event = parseEvent(message);
  if (event?.type !== "input_audio_buffer.append") return undefined;
  try {
    return readSamples(event.audio);
  } catch {
    return undefined;
  }
}

Deno.test("an append of any length is read as parsing reads it", () => {
  const reader = new AppendReader();
  for (const length of [0, 1, 2, 3, 160, 640, 641, 320, 20_000, 5]) {
    const samples = ramp(length);
    assert.deepEqual(reader.read(append(samples)), samples);
  }
});

Deno.test("what is not the plainest form of an append is left to parsing", () => {
  const reader = new AppendReader();
  const audio = new Uint8Array(ramp(4).buffer).toBase64();
  const type = "input_audio_buffer.append";
  const texts = [
    "",
    "{}",
    '{"type":"input_audio_buffer.append","audio":"',
    JSON.stringify({ type, event_id: "1", audio }),
    JSON.stringify({ audio, type }),
    JSON.stringify({ type, audio, event_id: "1" }),
    JSON.stringify({ type, audio }, null, 1),
    JSON.stringify({ type, audio: `${audio} ` }),
    JSON.stringify({ type, audio: `${audio.slice(0, 4)}\n${audio.slice(4)}` }),
    `{"type":"${type}","audio":"${audio.slice(0, 4)}\n${audio.slice(4)}"}`,
    JSON.stringify({ type, audio: audio.slice(0, -1) }),
    JSON.stringify({ type, audio: "AAA=" + "AAAA" }),
    JSON.stringify({ type, audio: "AQID" }),
    JSON.stringify({ type, audio: "====" }),
    JSON.stringify({ type, audio: "\ufeffAAA" }),
    JSON.stringify({ type: "response.cancel" }),
  ];
  for (const text of texts) {
    assert.equal(reader.read(encode(text)), undefined, text);
  }
});

Deno.test("whatever is done to a message, it is never read otherwise than by parsing", () => {
  const random = printedRandom("append reader");
  const pick = (count: number) => Math.floor(random() * count);
  const reader = new AppendReader();
  for (let round = 0; round < 5000; round++) {
    const message = append(ramp(pick(20)));
    const changes = pick(3);
    for (let i = 0; i < changes; i++) {
      message[pick(message.length)] = random() < 0.5
        ? pick(256)
        : encode('"\\}= \nA+/')[pick(9)];
    }
    const read = reader.read(message);
    if (read !== undefined) assert.deepEqual(read, parse(message));
    else if (changes === 0) assert.fail("a plain append was not read");
  }
});
