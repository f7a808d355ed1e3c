import assert from "node:assert/strict";
import type { SimulatedCall } from "../../src/simulator/freeswitch/call_options.ts";
import { sumMetric } from "../../tools/metrics_text.ts";
import { withNode } from "../support/node_rig.ts";

const CALLS = 10;
const SECONDS = 5;
const FRAMES = SECONDS * 50;
const FRAME_SAMPLES = 320;
/** A last frame that is not heard within 20 s was lost. */
const MOST_WAIT_FRAMES = 1000;
/** Marks a frame of ours: silence and speech never hold it. */
const MARK = 12_345;
/** Where the mark stands: behind the ramp with which speech resumes after a gap. */
const MARK_AT = 100;

/** Writes the number of a frame into it. */
function stamp(frame: Int16Array, number: number): void {
  frame.fill(1000);
  frame[MARK_AT] = MARK;
  frame[MARK_AT + 1] = number;
}

/** Takes a stream of samples and returns the numbers of the frames that stand in it, whole behind the mark. */
function readStamps(samples: Int16Array): number[] {
  const numbers: number[] = [];
  const length = FRAME_SAMPLES - MARK_AT;
  for (let i = 0; i + length <= samples.length; i++) {
    if (samples[i] !== MARK) continue;
    const rest = samples.subarray(i + 2, i + length);
    if (rest.every((sample) => sample === 1000)) numbers.push(samples[i + 1]);
  }
  return numbers;
}

Deno.test("no frame is lost, doubled or out of order in either direction when nothing is resampled", async () => {
  const environment = {
    STEPFUN_INPUT_RATE: "16000",
    STEPFUN_OUTPUT_RATE: "16000",
  };
  const appended: Int16Array[][] = [];
  const stepFun = {
    mode: "echo",
    inputRateHz: 16_000,
    outputRateHz: 16_000,
    onAudio: (index: number, samples: Int16Array) => {
      (appended[index] ??= []).push(samples.slice());
    },
  } as const;
  await withNode({ environment, stepFun }, async (rig) => {
    const heard: Int16Array[][] = [];
    const calls: SimulatedCall[] = [];
    const done = Array.from({ length: CALLS }, (_, i) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      heard[i] = [];
      calls.push(rig.call({
        codec: { name: "G722", rateHz: 16_000, frameMs: 20 },
        speech: (frame, index) => {
          if (index >= FRAMES) {
            if (index >= FRAMES + MOST_WAIT_FRAMES) resolve();
            return false;
          }
          stamp(frame, index);
          return true;
        },
        heard: (frame) => {
          if (frame === undefined) return;
          heard[i].push(frame.slice());
          if (frame[MARK_AT + 1] === FRAMES - 1) resolve();
        },
      }));
      return promise;
    });
    await Promise.all(done);
    for (const call of calls) call.hangUp();
    await Promise.all(calls.map((call) => call.ended));

    const all = Array.from({ length: FRAMES }, (_, i) => i);
    for (const chunks of appended) {
      assert.deepEqual(readStamps(concat(chunks)), all);
    }
    for (const chunks of heard) {
      assert.deepEqual(readStamps(concat(chunks)), all);
    }
    const metrics = await rig.server.metrics();
    assert.equal(sumMetric(metrics, "vapi_ring_overrun_frames_total"), 0);
  });
});

function concat(chunks: readonly Int16Array[]): Int16Array {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const all = new Int16Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
