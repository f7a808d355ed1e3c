import assert from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";
import { cleanFrame } from "../../src/esl/clean_frame.ts";
import { FrameReader } from "../../src/esl/frame_reader.ts";
import {
  apiResponse,
  commandReply,
  jsonEvent,
  rawEvent,
} from "../support/esl_peer.ts";
import { latin1 } from "../support/esl_trace.ts";

function clean(text: string) {
  const reader = new FrameReader();
  reader.push(latin1(text));
  const frame = reader.next();
  assert.ok(frame !== undefined);
  const { type, bytes } = cleanFrame(frame);
  return { type, text: new TextDecoder().decode(bytes) };
}

function event(headers: Record<string, unknown>): Record<string, unknown> {
  const { text } = clean(jsonEvent("DTMF", headers));
  return JSON.parse(text.slice(text.indexOf("\n\n") + 2));
}

Deno.test("cleanFrame leaves replies and answers as they are", () => {
  for (const text of [commandReply(), apiResponse("100% %zz\n")]) {
    assert.equal(clean(text).text, text);
  }
});

Deno.test("cleanFrame makes the values of a JSON event flat texts", () => {
  const flat = event({
    list: ["a", 1, null, ["x"]],
    number: 5,
    flag: true,
    nothing: null,
    object: { a: 1 },
    _body: 7,
  });
  assert.deepEqual(Object.keys(flat), [
    "Event-Name",
    "Unique-ID",
    "list",
    "number",
    "flag",
    "_body",
  ]);
  assert.equal(flat.list, "ARRAY::a|:1");
  assert.equal(flat.number, "5");
});

Deno.test("cleanFrame keeps headers named like properties of every object", () => {
  const body =
    '{"Event-Name":"DTMF","__proto__":{"polluted":1},"constructor":"c"}';
  const { text } = clean(rawEvent(body));
  assert.match(text, /"constructor":"c"/);
  assert.doesNotMatch(text, /polluted/);
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

for (
  const [what, text] of Object.entries({
    "a frame without a type": "Reply-Text: +OK\n\n",
    "an unknown type": "Content-Type: text/html\n\n",
    "a request for a password": "Content-Type: auth/request\n\n",
    "XML": rawEvent("<event/>", "text/event-xml"),
    "two types": "Content-Type: command/reply\nContent-Type: api/response\n\n",
    "an empty head": "\n\n",
    "too many headers": "a: b\n".repeat(2048) + commandReply(),
    "JSON that does not parse": rawEvent("{"),
    "a JSON text": rawEvent('"text"'),
    "a JSON null": rawEvent("null"),
    "a JSON list": rawEvent("[]"),
    "nested JSON without end": rawEvent("[".repeat(100_000)),
    "an event without a name": rawEvent("{}"),
    "a name that is no text": rawEvent('{"Event-Name":null}'),
    "an event that would pass for a reply": rawEvent(
      '{"Event-Name":"command::reply"}',
    ),
    "an id that is none": jsonEvent("DTMF", { "Job-UUID": "a::b" }),
    "a plain event without an end": rawEvent(
      "Event-Name: DTMF\n",
      "text/event-plain",
    ),
    "a plain event without a name": rawEvent("a: b\n\n", "text/event-plain"),
    "a plain event that would pass for a reply": rawEvent(
      "Event-Name: command%3A%3Areply\n\n",
      "text/event-plain",
    ),
    "a plain event with two names": rawEvent(
      "Event-Name: DTMF\nEvent-Name: DTMF\n\n",
      "text/event-plain",
    ),
    "an id with a wildcard in a reply": "Unique-ID: **\n" + commandReply(),
  })
) {
  Deno.test(`cleanFrame refuses ${what}`, () => {
    assert.throws(() => clean(text), ProtocolError);
  });
}
