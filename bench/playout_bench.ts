import { createPolyphaseResampler } from "../src/audio/polyphase_resampler.ts";
import { FrameConsumer, FrameProducer } from "../src/ring/frame_ring.ts";
import { allocateRings, ringsOf } from "../src/ring/layout.ts";
import { Playout } from "../src/shard/playout.ts";

const FRAME_SAMPLES = 160;
/** A delta as the model sends them: 135 ms at 24 kHz. */
const DELTA = Int16Array.from(
  { length: 3240 },
  (_, i) => 9000 * Math.sin(i / 7),
);
const DELTAS = 20;

function openLeg() {
  const { downlink } = ringsOf(allocateRings(8000));
  return {
    ring: new FrameProducer(downlink, FRAME_SAMPLES),
    consumer: new FrameConsumer(downlink, FRAME_SAMPLES),
  };
}

/** 2.7 s of speech through the playout, taken frame by frame as a leg does. */
function playAll(): number {
  const { ring, consumer } = openLeg();
  const playout = new Playout(24_000, {
    underrun: () => {},
    overflow: () => {},
  });
  const resampler = createPolyphaseResampler(24_000, 8000);
  playout.attach({ ring, resampler });
  playout.begin();
  for (let i = 0; i < DELTAS; i++) playout.push(DELTA);
  playout.end();
  let frames = 0;
  const frame = new Int16Array(FRAME_SAMPLES);
  while (consumer.take(frame)) {
    frames++;
    playout.pump();
  }
  return frames;
}

/** The same by an array of samples, cut at its head for each frame, as simple bridges do. */
function playByArray(): number {
  const resampler = createPolyphaseResampler(24_000, 8000);
  const output = new Int16Array(resampler.maxOutputSamples(DELTA.length));
  let queue: number[] = [];
  for (let i = 0; i < DELTAS; i++) {
    const count = resampler.process(DELTA, output);
    queue = queue.concat([...output.subarray(0, count)]);
  }
  let frames = 0;
  while (queue.length >= FRAME_SAMPLES) {
    Int16Array.from(queue.splice(0, FRAME_SAMPLES));
    frames++;
  }
  return frames;
}

Deno.bench("playout of 2.7 s", { group: "playout", baseline: true }, () => {
  playAll();
});

Deno.bench("an array that is cut at its head", { group: "playout" }, () => {
  playByArray();
});
