import assert from "node:assert/strict";
import type { SimulatedCall } from "../../src/simulator/freeswitch/call_options.ts";
import { sumMetric } from "../../tools/metrics_text.ts";
import { withNode } from "../support/node_rig.ts";

const SPOKEN_MS = 5000;
/** A last frame that is not heard within so long was lost, in milliseconds. */
const MOST_WAIT_MS = 20_000;
/** Marks a frame of ours: silence and speech never hold it. */
const MARK = 12_345;
/** Where the mark stands, in milliseconds: behind the ramp with which speech resumes after a gap. */
const MARK_MS = 6.25;

/** Writes the number of a frame into it. */
function stamp(
  frame: Int16Array,
  { markAt, number }: { readonly markAt: number; readonly number: number },
): void {
  frame.fill(1000);
  frame[markAt] = MARK;
  frame[markAt + 1] = number;
}

/** Takes a stream of samples and returns the numbers of the frames that stand in it, whole behind the mark; `length` from there on. */
function readStamps(samples: Int16Array, length: number): number[] {
  const numbers: number[] = [];
  for (let i = 0; i + length <= samples.length; i++) {
    if (samples[i] !== MARK) continue;
    const rest = samples.subarray(i + 2, i + length);
    if (rest.every((sample) => sample === 1000)) numbers.push(samples[i + 1]);
  }
  return numbers;
}

for (
  const { calls: count, ...codec } of [
    { calls: 10, name: "G722", rateHz: 16_000, frameMs: 20 },
    { calls: 3, name: "G722", rateHz: 16_000, frameMs: 10 },
    { calls: 3, name: "G722", rateHz: 16_000, frameMs: 30 },
    { calls: 3, name: "G722", rateHz: 16_000, frameMs: 40 },
    { calls: 3, name: "G722", rateHz: 16_000, frameMs: 60 },
    { calls: 3, name: "opus", rateHz: 48_000, frameMs: 60 },
  ] as const
) {
  const { rateHz, frameMs } = codec;
  Deno.test(`no frame of ${frameMs} ms at ${rateHz} Hz is lost, doubled or out of order in either direction when nothing is resampled`, async () => {
    const frames = Math.floor(SPOKEN_MS / frameMs);
    const markAt = rateHz * MARK_MS / 1000;
    const marked = rateHz * frameMs / 1000 - markAt;
    const environment = {
      STEPFUN_INPUT_RATE: String(rateHz),
      STEPFUN_OUTPUT_RATE: String(rateHz),
    };
    const appended: Int16Array[][] = [];
    const stepFun = {
      mode: "echo",
      inputRateHz: rateHz,
      outputRateHz: rateHz,
      onAudio: (index: number, samples: Int16Array) => {
        (appended[index] ??= []).push(samples.slice());
      },
    } as const;
    await withNode({ environment, stepFun }, async (rig) => {
      const heard: Int16Array[][] = [];
      const calls: SimulatedCall[] = [];
      const done = Array.from({ length: count }, (_, i) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        heard[i] = [];
        calls.push(rig.call({
          codec,
          speech: (frame, index) => {
            if (index >= frames) {
              if (index >= frames + MOST_WAIT_MS / frameMs) resolve();
              return false;
            }
            stamp(frame, { markAt, number: index });
            return true;
          },
          heard: (frame) => {
            if (frame === undefined) return;
            heard[i].push(frame.slice());
            if (frame[markAt + 1] === frames - 1) resolve();
          },
        }));
        return promise;
      });
      await Promise.all(done);
      for (const call of calls) call.hangUp();
      await Promise.all(calls.map((call) => call.ended));

      const all = Array.from({ length: frames }, (_, i) => i);
      for (const chunks of appended) {
        assert.deepEqual(readStamps(concat(chunks), marked), all);
      }
      for (const chunks of heard) {
        assert.deepEqual(readStamps(concat(chunks), marked), all);
      }
      const metrics = await rig.server.metrics();
      assert.equal(sumMetric(metrics, "vapi_ring_overrun_frames_total"), 0);
    });
  });
}

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
