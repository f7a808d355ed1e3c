import assert from "node:assert/strict";
import { type FrameLine, openBrowserLeg } from "../../src/media/browser_leg.ts";
import { FrameConsumer, FrameProducer } from "../../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../../src/ring/layout.ts";
import { patternFrame, takeFrame } from "../support/ring_frames.ts";

const FRAME_SAMPLES = 320;
const NO_CLOCK = { add() {}, remove() {} };

/** A browser's connection, of which a test is the browser. */
class ScriptedLine implements FrameLine {
  /** Copies of what was sent, the oldest first. */
  readonly sent: Uint8Array[] = [];
  #take?: (frame: Uint8Array) => void;

  get isHeard(): boolean {
    return this.#take !== undefined;
  }

  listen(take: ((frame: Uint8Array) => void) | undefined): void {
    this.#take = take;
  }

  send(frame: Uint8Array): void {
    this.sent.push(frame.slice());
  }

  say(bytes: Uint8Array): void {
    this.#take?.(bytes);
  }
}

function bytesOf(index: number): Uint8Array {
  return new Uint8Array(patternFrame(FRAME_SAMPLES, index).buffer);
}

/** A started leg, and the shard's ends of its rings. */
function open() {
  const line = new ScriptedLine();
  const leg = openBrowserLeg(line, NO_CLOCK);
  const rings = allocateRings(8000);
  const { uplink, downlink } = ringsOf(rings);
  const first = leg.start(
    { rings, doorbell: undefined, rateHz: 16000, frameSamples: FRAME_SAMPLES },
    Infinity,
  );
  first.catch(() => {});
  return {
    line,
    leg,
    first,
    uplink: new FrameConsumer(uplink, FRAME_SAMPLES),
    downlink: new FrameProducer(downlink, FRAME_SAMPLES),
  };
}

Deno.test("each frame of a browser is answered with one", async () => {
  const { line, leg, first, uplink, downlink } = open();
  for (let i = 0; i < 3; i++) {
    downlink.put(patternFrame(FRAME_SAMPLES, 100 + i));
  }
  for (let i = 0; i < 3; i++) line.say(bytesOf(i));
  await first;
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(takeFrame(uplink), patternFrame(FRAME_SAMPLES, i));
  }
  // The begin of speech is faded in.
  assert.deepEqual(line.sent.length, 3);
  assert.deepEqual(line.sent[2], bytesOf(102));
  assert.equal(leg.counts.uplinkFrames, 3);
  assert.equal(leg.counts.downlinkFrames, 3);
  await leg.close();
});

Deno.test("messages of another size are counted and left out", async () => {
  const { line, leg } = open();
  for (const bytes of [0, 1, 320, 639, 641, 4096]) {
    line.say(new Uint8Array(bytes));
  }
  assert.equal(leg.counts.wrongSize, 6);
  assert.equal(leg.counts.uplinkFrames, 0);
  await leg.close();
});

Deno.test("a leg that is closed hears nothing more", async () => {
  const { line, leg } = open();
  assert.ok(line.isHeard);
  await leg.close();
  assert.ok(!line.isHeard);
});
