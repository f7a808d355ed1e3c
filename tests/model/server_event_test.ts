import assert from "node:assert/strict";
import { stepFunProfile } from "../../src/model/stepfun_profile.ts";
import { decodeServerEvent } from "../../src/model/decode_server_event.ts";
import { printedRandom } from "../support/seeded_random.ts";

const { serverEvents } = stepFunProfile("step-audio-2");
const decode = (text: string) => decodeServerEvent(text, serverEvents);

const FRAMES = [
  '{"type":"response.audio.delta","response_id":"r","item_id":"i","delta":"AQACAA=="}',
  '{"type":"response.done","response":{"id":"r","status":"completed","usage":{"input_tokens":1,"output_tokens":2}}}',
  '{"type":"error","error":{"message":"no","type":"x","code":"400"}}',
  '{"type":"response.output_item.added","item":{"id":"i","type":"message","content":null}}',
];

Deno.test("a frame with any bytes changed decodes to something and never throws", () => {
  const random = printedRandom("server event");
  const pick = (count: number) => Math.floor(random() * count);
  const types = new Set<string>();
  for (let round = 0; round < 20_000; round++) {
    let frame = FRAMES[pick(FRAMES.length)];
    for (let change = pick(4); change >= 0; change--) {
      const at = pick(frame.length);
      const made =
        ['"', "{", "null", "[", "", "1e999", "\\u0000", "é"][pick(8)];
      frame = frame.slice(0, at) + made + frame.slice(at + pick(5));
    }
    types.add(decode(frame).type);
  }
  assert.ok(types.has("violation") && types.has("audio"), [...types].join());
});

Deno.test("a frame that ends anywhere is a violation", () => {
  for (const frame of FRAMES) {
    for (let end = 0; end < frame.length; end++) {
      assert.equal(decode(frame.slice(0, end)).type, "violation");
    }
    assert.notEqual(decode(frame).type, "violation");
  }
});

for (
  const [usage, expected] of [
    [{ input_tokens: 1, output_tokens: 2 }, {
      inputTokens: 1,
      outputTokens: 2,
    }],
    [{ input_tokens: -1, output_tokens: 2 }, undefined],
    [{ input_tokens: "1", output_tokens: 2 }, undefined],
    [[], undefined],
    [null, undefined],
  ] as const
) {
  Deno.test(`the usage ${JSON.stringify(usage)} is read as ${JSON.stringify(expected)}`, () => {
    const event = decode(
      JSON.stringify({ type: "response.done", response: { usage } }),
    );
    assert.ok(event.type === "response_done");
    assert.deepEqual(event.usage, expected);
  });
}

Deno.test("an id that is no text, empty or too long is none", () => {
  for (const id of [1, "", null, {}, "x".repeat(257)]) {
    const event = decode(
      JSON.stringify({ type: "response.created", response: { id } }),
    );
    assert.deepEqual(event, {
      type: "response_created",
      responseId: undefined,
    });
  }
});
