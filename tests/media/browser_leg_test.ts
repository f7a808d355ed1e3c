import assert from "node:assert/strict";
import {
  type FrameSocket,
  openBrowserLeg,
} from "../../src/media/browser_leg.ts";
import type { AudioLeg } from "../../src/router/audio_leg.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { patternFrame, takeFrame } from "../support/ring_frames.ts";

const FRAME_SAMPLES = 320;
const NO_CLOCK = { add() {}, remove() {} };

/** A WebSocket of which a test says how it stands; what is sent is kept. */
class ScriptedSocket extends EventTarget implements FrameSocket {
  readyState: FrameSocket["readyState"] = WebSocket.OPEN;
  bufferedAmount = 0;
  readonly sent: Uint8Array[] = [];
  readonly closings: unknown[] = [];

  send(data: unknown): void {
    if (this.readyState !== WebSocket.OPEN) throw new TypeError("not open");
    this.sent.push(data as Uint8Array);
  }

  close(code?: number): void {
    this.closings.push(code);
  }

  /** The browser sends this. */
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  /** The browser sends the frame of this number. */
  sayFrame(index: number): void {
    this.say(patternFrame(FRAME_SAMPLES, index).slice().buffer);
  }
}

/** A started leg of a scripted socket, and the shard's ends of its rings. */
function open() {
  const socket = new ScriptedSocket();
  const leg: AudioLeg = openBrowserLeg(socket, NO_CLOCK);
  const rings = allocateRings(FRAME_SAMPLES * 2);
  const { uplink, downlink } = ringsOf(rings);
  const first = leg.start(
    { rings, doorbell: undefined, rateHz: 16000, frameSamples: FRAME_SAMPLES },
    Infinity,
  );
  first.catch(() => {});
  return {
    socket,
    leg,
    first,
    uplink: new FrameConsumer(uplink, FRAME_SAMPLES),
    downlink: new FrameProducer(downlink, FRAME_SAMPLES),
  };
}

Deno.test("each frame of a browser is answered with one", async () => {
  const { socket, leg, first, uplink, downlink } = open();
  for (let i = 0; i < 3; i++) {
    downlink.put(patternFrame(FRAME_SAMPLES, 100 + i));
  }
  for (let i = 0; i < 3; i++) socket.sayFrame(i);
  await first;
  assert.equal(socket.sent.length, 3);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(takeFrame(uplink), patternFrame(FRAME_SAMPLES, i));
    assert.equal(socket.sent[i].length, FRAME_SAMPLES * 2);
  }
  assert.equal(leg.counts.uplinkFrames, 3);
  assert.equal(leg.counts.downlinkFrames, 3);
  await leg.close();
});

Deno.test("a frame that was sent stays as it was", async () => {
  const { socket, leg, downlink } = open();
  downlink.put(patternFrame(FRAME_SAMPLES, 1));
  downlink.put(patternFrame(FRAME_SAMPLES, 2));
  socket.sayFrame(0);
  const before = socket.sent[0].slice();
  socket.sayFrame(1);
  assert.deepEqual(socket.sent[0], before);
  await leg.close();
});

Deno.test("a browser that takes nothing loses frames, and gets new ones afterwards", async () => {
  const { socket, leg, downlink } = open();
  for (let i = 0; i < 3; i++) downlink.put(patternFrame(FRAME_SAMPLES, i));
  socket.bufferedAmount = 32_001;
  socket.sayFrame(0);
  assert.equal(socket.sent.length, 0);
  socket.bufferedAmount = 0;
  socket.sayFrame(1);
  assert.equal(socket.sent.length, 1);
  await leg.close();
});

Deno.test("messages of another size are counted and left out", async () => {
  const { socket, leg } = open();
  for (const bytes of [0, 1, 320, 639, 641, 4096]) {
    socket.say(new ArrayBuffer(bytes));
  }
  assert.equal(leg.counts.wrongSize, 6);
  assert.equal(leg.counts.uplinkFrames, 0);
  assert.deepEqual(socket.closings, []);
  socket.say(new ArrayBuffer(4097));
  assert.deepEqual(socket.closings, [1009]);
  await leg.close();
});

Deno.test("texts are not the leg's, nor is what comes after its end", async () => {
  const { socket, leg } = open();
  socket.say("hello");
  assert.equal(leg.counts.wrongSize, 0);
  await leg.close();
  socket.sayFrame(0);
  assert.equal(leg.counts.uplinkFrames, 0);
  assert.deepEqual(socket.closings, []);
});

Deno.test("nothing is sent on a socket that is closing", async () => {
  const { socket, leg, downlink } = open();
  downlink.put(patternFrame(FRAME_SAMPLES, 0));
  socket.readyState = WebSocket.CLOSING;
  socket.sayFrame(0);
  assert.deepEqual(socket.sent, []);
  await leg.close();
});
