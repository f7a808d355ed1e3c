import assert from "node:assert/strict";
import { ProtocolError } from "../../src/errors.ts";
import {
  FrameReader,
  MAX_BODY_BYTES,
  MAX_HEAD_BYTES,
} from "../../src/esl/frame_reader.ts";
import { latin1, seeded, traceBytes } from "../support/esl_trace.ts";

const text = new TextDecoder("latin1");

/** Frames as text, read from chunks. */
function read(chunks: Iterable<Uint8Array>): [string, string][] {
  const reader = new FrameReader();
  const frames: [string, string][] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame; (frame = reader.next()) !== undefined;) {
      frames.push([text.decode(frame.head), text.decode(frame.body)]);
    }
  }
  assert.equal(reader.pendingBytes, 0);
  return frames;
}

function failure(head: string): unknown {
  const reader = new FrameReader();
  reader.push(latin1(head));
  try {
    reader.next();
  } catch (error) {
    return error;
  }
}

Deno.test("FrameReader cuts the recorded connection into its frames", () => {
  const bytes = traceBytes();
  const frames = read([bytes]);
  assert.equal(frames.length, 24);
  assert.equal(frames.flat().join(""), text.decode(bytes));
  assert.match(frames[0][0], /^Event-Name: CHANNEL_DATA\n/);
  assert.deepEqual(frames[3], [
    "Content-Type: api/response\nContent-Length: 8\n\n",
    text.decode(latin1("caf\xe9 \xe5\xbc\xa0")),
  ]);
  assert.match(frames.at(-1)![1], /^Disconnected, goodbye\./);
});

Deno.test("FrameReader reads the same frames byte by byte", () => {
  const bytes = traceBytes();
  const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  assert.deepEqual(read(single), read([bytes]));
});

Deno.test("FrameReader reads the same frames at every split point", () => {
  const bytes = latin1(
    "Content-Type: command/reply\nReply-Text: +OK\n\n" +
      "Content-Type: api/response\nContent-Length: 8\n\n\n\n+OK\n\n\n" +
      "Content-Length: 0\nContent-Type: text/disconnect-notice\n\n" +
      "Content-Length: 2\nContent-Type: text/event-json\n\n{}",
  );
  const whole = read([bytes]);
  assert.equal(whole.length, 4);
  for (let at = 0; at <= bytes.length; at++) {
    assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), whole);
  }
});

Deno.test("FrameReader reads the same frames for any chunking", () => {
  const seed = Math.trunc(Math.random() * 2 ** 32);
  console.log("seed", seed);
  const random = seeded(seed);
  const bytes = traceBytes();
  const whole = read([bytes]);
  for (let round = 0; round < 50; round++) {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      const length = 1 + Math.trunc(random() ** 3 * 20_000);
      chunks.push(bytes.subarray(at, at += length));
    }
    assert.deepEqual(read(chunks), whole);
  }
});

Deno.test("FrameReader takes the largest head and body, and nothing larger", () => {
  const filler = "x".repeat(MAX_HEAD_BYTES - "a: \n\n".length);
  assert.equal(read([latin1(`a: ${filler}\n\n`)]).length, 1);
  assert.ok(failure(`a: x${filler}\n\n`) instanceof ProtocolError);
  assert.ok(failure(`a: x${filler}xx`) instanceof ProtocolError);
  const body = "y".repeat(MAX_BODY_BYTES);
  const [frame] = read([
    latin1(`Content-Length: ${body.length}\n\n${body}`),
  ]);
  assert.equal(frame[1].length, MAX_BODY_BYTES);
  assert.ok(
    failure(`Content-Length: ${MAX_BODY_BYTES + 1}\n\n`) instanceof
      ProtocolError,
  );
});

for (
  const line of [
    "Content-Length: -1",
    "Content-Length: 1e3",
    "Content-Length: 0x10",
    "Content-Length: 3 ",
    "Content-Length:3",
    "Content-Length",
    "Content-Length: 99999999999999999999",
    "content-length: 3",
    "Content-Length: 3\nContent-Length: 3",
    "Content-Length: 3\nContent-Length: 4",
  ]
) {
  Deno.test(`FrameReader refuses ${JSON.stringify(line)}`, () => {
    assert.ok(failure(`${line}\n\n`) instanceof ProtocolError);
  });
}
