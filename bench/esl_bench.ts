import { Buffer } from "node:buffer";
import { EventEmitter } from "node:events";
// @ts-types="../src/esl/modesl.d.ts"
import modesl from "modesl";
import { cleanFrame } from "../src/esl/clean_frame.ts";
import { FrameReader } from "../src/esl/frame_reader.ts";
import { traceBytes } from "../tests/support/esl_trace.ts";

/** The traffic of one recorded call, from the connect reply to the goodbye: 15 frames, 50 kB. */
const RECORDED = traceBytes();

function readAll(chunkBytes: number): number {
  const reader = new FrameReader();
  let frames = 0;
  for (let at = 0; at < RECORDED.length; at += chunkBytes) {
    reader.push(RECORDED.subarray(at, at + chunkBytes));
    for (let f = reader.next(); f !== undefined; f = reader.next()) {
      cleanFrame({ head: f.head.slice(), body: f.body.slice() });
      frames++;
    }
  }
  return frames;
}

/** modesl's own parser on the bytes as they come, made harmless for it beforehand. */
class PlainSocket extends EventEmitter {
  write(): boolean {
    return true;
  }
  end(): void {}
}

const HARMLESS = new TextEncoder().encode(
  new TextDecoder("latin1").decode(RECORDED)
    .replace(/%[89A-F]./g, "%3F").replace(/[^\n -~]/g, "?"),
);

function readByModesl(chunkBytes: number): void {
  const socket = new PlainSocket();
  const connection = new modesl.Connection(socket);
  connection.subscribe = (_events, done) => done();
  connection.on("error", () => {});
  for (let at = 0; at < HARMLESS.length; at += chunkBytes) {
    const chunk = HARMLESS.subarray(at, at + chunkBytes);
    socket.emit("data", Buffer.from(chunk));
  }
}

Deno.bench("our frames and checks, 4 kB chunks", {
  group: "a call's event socket",
  baseline: true,
}, () => {
  readAll(4096);
});

Deno.bench("modesl's parser alone, 4 kB chunks", {
  group: "a call's event socket",
}, () => {
  readByModesl(4096);
});

Deno.bench("our frames and checks, 64 byte chunks", {
  group: "a slow event socket",
  baseline: true,
}, () => {
  readAll(64);
});

Deno.bench("modesl's parser alone, 64 byte chunks", {
  group: "a slow event socket",
}, () => {
  readByModesl(64);
});
