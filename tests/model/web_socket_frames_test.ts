import assert from "node:assert/strict";
import { WebSocketReader } from "../../src/model/web_socket_reader.ts";
import { WebSocketWriter } from "../../src/model/web_socket_writer.ts";
import { between, printedRandom } from "../support/seeded_random.ts";

interface Frame {
  readonly opcode: number;
  readonly final: boolean;
  readonly payload: Uint8Array;
}

/** A frame as a server sends it. */
function encode({ opcode, final, payload }: Frame): Uint8Array {
  const { length } = payload;
  const head = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, 0, length >> 16, length >> 8 & 255, length & 255];
  return Uint8Array.of((final ? 0x80 : 0) | opcode, ...head, ...payload);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function readAll(
  bytes: Uint8Array,
  cut: (left: number) => number,
): Frame[] {
  const reader = new WebSocketReader(1 << 20);
  const frames: Frame[] = [];
  // One buffer for all chunks, so that what is kept of one must have been copied.
  const chunk = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length;) {
    const count = Math.min(cut(bytes.length - at), bytes.length - at);
    chunk.set(bytes.subarray(at, at + count));
    reader.add(chunk.subarray(0, count));
    at += count;
    for (let f = reader.next(); f !== undefined; f = reader.next()) {
      frames.push({ ...f, payload: f.payload.slice() });
    }
  }
  return frames;
}

const FRAMES: Frame[] = [0, 1, 125, 126, 127, 300, 65_535, 65_536, 70_000]
  .map((length, i) => ({
    opcode: i % 2 + 1,
    final: i % 3 > 0,
    payload: Uint8Array.from({ length }, (_, k) => k * 31 + i),
  }));

Deno.test("a server's frames are the same for any chunks: whole, byte by byte, at random", () => {
  const bytes = concat(FRAMES.map(encode));
  const random = printedRandom("server frames");
  assert.deepEqual(readAll(bytes, (left) => left), FRAMES);
  assert.deepEqual(readAll(bytes, () => 1), FRAMES);
  for (let i = 0; i < 20; i++) {
    assert.deepEqual(readAll(bytes, () => between(random, 1, 20_000)), FRAMES);
  }
});

const IMPOSSIBLE: [name: string, bytes: number[]][] = [
  ["a reserved bit", [0xc1, 0]],
  ["an unknown opcode", [0x83, 0]],
  ["a mask", [0x81, 0x80, 0, 0, 0, 0]],
  ["a long ping", [0x89, 126, 0, 200]],
  ["a ping in parts", [0x09, 0]],
  ["more than is allowed", [0x81, 127, 0, 0, 0, 1, 0, 0, 0, 0]],
  ["a length beyond any number", [0x81, 127, 255, 255, 255, 255, 0, 0, 0, 0]],
];

for (const [name, bytes] of IMPOSSIBLE) {
  Deno.test(`a server's frame with ${name} is refused`, () => {
    assert.throws(() => readAll(Uint8Array.from(bytes), () => 1), {
      name: "ProtocolError",
    });
  });
}

/** Undoes what a client's writer does, as a server has to. */
function unmask(bytes: Uint8Array): { opcode: number; text: string }[] {
  const frames: { opcode: number; text: string }[] = [];
  for (let at = 0; at < bytes.length;) {
    assert.equal(bytes[at + 1] & 0x80, 0x80, "every frame is masked");
    const short = bytes[at + 1] & 127;
    const size = short === 126 ? 2 : short === 127 ? 8 : 0;
    let length = size === 0 ? short : 0;
    for (let i = 0; i < size; i++) length = length * 256 + bytes[at + 2 + i];
    const from = at + 2 + size + 4;
    const payload = bytes.slice(from, from + length);
    payload.forEach((byte, i) => payload[i] = byte ^ bytes[from - 4 + i % 4]);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(payload);
    frames.push({ opcode: bytes[at] & 15, text });
    at = from + length;
  }
  return frames;
}

Deno.test("texts of any length and script arrive as they were, however little the target takes", async () => {
  const random = printedRandom("client frames");
  const texts = [0, 1, 60, 125, 126, 127, 1708, 30_000, 65_535, 65_536, 90_000]
    .flatMap((length) => ["a".repeat(length), "你".repeat(length / 3)]);
  const written: Uint8Array[] = [];
  const writer = new WebSocketWriter({
    write: (bytes) => {
      const count = between(random, 1, bytes.length);
      written.push(bytes.slice(0, count));
      return Promise.resolve(count);
    },
  }, (error) => assert.fail(String(error)));
  for (const text of texts) {
    writer.sendText(text);
    if (random() < 0.3) await Promise.resolve();
  }
  while (writer.waitingBytes > 0) await Promise.resolve();
  const frames = unmask(concat(written));
  assert.deepEqual(frames.map(({ text }) => text), texts);
  assert.ok(frames.every(({ opcode }) => opcode === 1));
});

for (const isPatient of [true, false]) {
  Deno.test(`speech arrives in its envelope, of any length, ${isPatient ? "however little is taken at once" : "when all is taken at once"}`, async () => {
    const random = printedRandom("speech frames");
    const written: Uint8Array[] = [];
    const writer = new WebSocketWriter({
      write: (bytes) => {
        const count = between(random, 1, bytes.length);
        written.push(bytes.slice(0, count));
        return Promise.resolve(count);
      },
      writeNow: (bytes) => {
        const count = isPatient
          ? between(random, 0, bytes.length)
          : bytes.length;
        written.push(bytes.slice(0, count));
        return count;
      },
    }, (error) => assert.fail(String(error)));
    const expected: string[] = [];
    for (let i = 0; i < 300; i++) {
      const before = `{"${"x".repeat(between(random, 0, 60))}":"`;
      const samples = Int16Array.from(
        { length: between(random, 0, i % 50 === 0 ? 40_000 : 1200) },
        () => between(random, -32768, 32767),
      );
      const [head, tail] = [before, '"}'].map((t) =>
        new TextEncoder().encode(t)
      );
      writer.sendSpeech(samples, { before: head, after: tail });
      if (i % 7 === 0) writer.sendText(`text ${i}`);
      expected.push(
        `${before}${new Uint8Array(samples.buffer).toBase64()}"}`,
        ...i % 7 === 0 ? [`text ${i}`] : [],
      );
      if (random() < 0.3) await Promise.resolve();
    }
    while (writer.waitingBytes > 0) await Promise.resolve();
    const frames = unmask(concat(written));
    assert.deepEqual(frames.map(({ text }) => text), expected);
  });
}

Deno.test("masks differ from frame to frame", async () => {
  const written: Uint8Array[] = [];
  const writer = new WebSocketWriter({
    write: (bytes) => {
      written.push(bytes.slice());
      return Promise.resolve(bytes.length);
    },
  }, (error) => assert.fail(String(error)));
  for (let i = 0; i < 600; i++) {
    writer.sendText("x");
    while (writer.waitingBytes > 0) await Promise.resolve();
  }
  const masks = written.map((bytes) => bytes.subarray(2, 6).join());
  assert.ok(new Set(masks).size > 590);
});

Deno.test("a target that breaks is told once", async () => {
  const errors: unknown[] = [];
  const writer = new WebSocketWriter(
    { write: () => Promise.reject(new Error("broken")) },
    (error) => errors.push(error),
  );
  writer.sendText("one");
  writer.sendText("two");
  for (let i = 0; i < 10; i++) await Promise.resolve();
  assert.equal(errors.length, 1);
});
