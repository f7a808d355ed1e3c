import assert from "node:assert/strict";
import { ProtocolError } from "../../../src/errors.ts";
import { FrameQueue } from "../../../src/simulator/stepfun/frame_queue.ts";
import { FrameReader } from "../../../src/simulator/stepfun/frame_reader.ts";

const MASK = [0x1f, 0x2e, 0x3d, 0x4c];

function frame(opcode: number, payload: string): number[] {
  const bytes = new TextEncoder().encode(payload);
  const { length } = bytes;
  const size = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 255]
    : [127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 255, length & 255];
  size[0] |= 0x80;
  const masked = Array.from(bytes, (byte, i) => byte ^ MASK[i % 4]);
  return [0x80 | opcode, ...size, ...MASK, ...masked];
}

function read(reader: FrameReader, bytes: Uint8Array): string[] {
  const read: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const space = reader.space();
    const part = bytes.subarray(at, at + space.length);
    space.set(part);
    reader.advance(part.length);
    at += part.length;
    for (let f = reader.next(); f !== undefined; f = reader.next()) {
      read.push(
        `${f.opcode} ${f.final} ${new TextDecoder().decode(f.payload)}`,
      );
    }
  }
  return read;
}

const TEXTS = [
  "",
  "a",
  "ab",
  "abc",
  "x".repeat(125),
  "y".repeat(126),
  "ü".repeat(3001),
];
const STREAM = new Uint8Array(TEXTS.flatMap((text) => frame(1, text)));
const WANTED = TEXTS.map((text) => `1 true ${text}`);

Deno.test("frames are read whole, in two parts at every place, and byte by byte", () => {
  assert.deepEqual(read(new FrameReader(10_000), STREAM), WANTED);
  for (let split = 1; split < STREAM.length; split += 1) {
    const reader = new FrameReader(10_000);
    const first = read(reader, STREAM.subarray(0, split));
    const second = read(reader, STREAM.subarray(split));
    assert.deepEqual([...first, ...second], WANTED);
  }
  const reader = new FrameReader(10_000);
  const got = Array.from(STREAM).flatMap((byte) =>
    read(reader, new Uint8Array([byte]))
  );
  assert.deepEqual(got, WANTED);
});

Deno.test("a frame of more than 64 kB is read", () => {
  const text = "z".repeat(70_000);
  const bytes = new Uint8Array(frame(1, text));
  assert.deepEqual(read(new FrameReader(100_000), bytes), [`1 true ${text}`]);
});

Deno.test("frames that break the protocol are refused", () => {
  const wrong = [
    [0x81, 0x01, 0x41],
    [0xc1, 0x80, ...MASK],
    [0x83, 0x80, ...MASK],
    [0x09, 0x80, ...MASK],
    [0x89, 0xfe, 0, 126, ...MASK],
    frame(1, "too long for ten"),
  ];
  for (const bytes of wrong) {
    const reader = new FrameReader(10);
    assert.throws(() => read(reader, new Uint8Array(bytes)), ProtocolError);
  }
});

Deno.test("a frame that only announces itself takes no memory", () => {
  const reader = new FrameReader(1000);
  const head = new Uint8Array([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, ...MASK]);
  assert.throws(() => read(reader, head), ProtocolError);
});

Deno.test("written frames have the shortest length that holds them", () => {
  const heads: Record<number, number[]> = {
    0: [0x81, 0],
    125: [0x81, 125],
    126: [0x81, 126, 0, 126],
    21_846: [0x81, 126, 0x55, 0x56],
    65_535: [0x81, 126, 0xff, 0xff],
    65_536: [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0],
  };
  for (const [length, head] of Object.entries(heads)) {
    const queue = new FrameQueue(100_000);
    queue.addText("t".repeat(Number(length)));
    const bytes = queue.take();
    assert.deepEqual([...bytes.subarray(0, head.length)], head);
    assert.equal(bytes.length, head.length + Number(length));
    assert.ok(queue.empty);
  }
  const wide = new FrameQueue(100_000);
  wide.addText("ü".repeat(100));
  assert.deepEqual([...wide.take().subarray(0, 4)], [0x81, 126, 0, 200]);
});

Deno.test("a text with encoded parts is the frame of the whole text", () => {
  const encode = (text: string) => new TextEncoder().encode(text);
  for (const length of [0, 50, 123, 124, 5000, 65_000, 65_533, 70_000]) {
    for (const text of ["", "x", "ü".repeat(30)]) {
      const whole = new FrameQueue(100_000);
      whole.addText(`${text}${"p".repeat(length)}"}`);
      const parted = new FrameQueue(100_000);
      parted.addText(text, [encode("p".repeat(length)), encode('"}')]);
      assert.deepEqual(parted.take(), whole.take());
    }
  }
});

Deno.test("frames of a burst stand one behind the other and are bounded", () => {
  const queue = new FrameQueue(5000);
  queue.addText("a");
  queue.add(9, new Uint8Array([7]));
  assert.deepEqual([...queue.take()], [0x81, 1, 0x61, 0x89, 1, 7]);
  assert.throws(() => queue.addText("t".repeat(6000)), /at most 5000/);
});
