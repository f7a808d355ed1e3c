import assert from "node:assert/strict";
import type { Codec } from "../../src/simulator/freeswitch/call_options.ts";
import { alignSpeech } from "../../src/simulator/similarity.ts";
import { readWav } from "../../src/simulator/wav.ts";
import { sumMetric } from "../../tools/metrics_text.ts";
import { findSentences } from "../../tools/demo/sentences.ts";
import { Tape } from "../../tools/demo/tape.ts";
import { type NodeRig, withNode } from "../support/node_rig.ts";

const RATE_HZ = 8000;
const SPEECH = readWav(
  Deno.readFileSync(new URL("../../assets/speech_8k.wav", import.meta.url)),
).samples;
const LENGTHS_MS = [10, 30, 40, 60];

/** Louder than silence and the tail of a ramp. */
const LOUD = 300;
/** Something is over when nothing has come for so long. */
const OVER_MS = 500;
/** What is not there by then will not come. */
const MOST_MS = 20_000;
/** Calls that a busy machine may spoil by being late with a frame. */
const MOST_CALLS = 5;
const LEAST_CORRELATION = 0.98;
/** From a caller's first word until nothing is heard any more, with the model's own time for noticing it. */
const MOST_STOP_MS = 1000;

function isLoud(frame: Int16Array | undefined): boolean {
  return frame?.some((sample) => Math.abs(sample) > LOUD) ?? false;
}

function codecOf(frameMs: number): Codec {
  return { name: "PCMA", rateHz: RATE_HZ, frameMs };
}

/** Hears the greeting out, says something, and resolves with what came as its answer. */
async function hearAnswer(
  rig: NodeRig,
  { said, frameMs }: { readonly said: Int16Array; readonly frameMs: number },
) {
  const heard = new Tape();
  const over = Promise.withResolvers<void>();
  const state = { greetingMs: 0, silentMs: 0, at: -1, answerFrom: 0 };
  const call = rig.call({
    codec: codecOf(frameMs),
    speech: (frame, index) => {
      frame.fill(0);
      if (index * frameMs > MOST_MS) over.resolve();
      state.silentMs += frameMs;
      const isSilent = state.silentMs > OVER_MS;
      if (state.at < 0 && state.greetingMs > 0 && isSilent) state.at = 0;
      if (state.at < 0) return true;
      if (state.at >= said.length) {
        const answered = heard.length - state.answerFrom;
        if (isSilent && answered >= said.length) over.resolve();
        return true;
      }
      frame.set(said.subarray(state.at, state.at + frame.length));
      state.at += frame.length;
      state.answerFrom = heard.length;
      return true;
    },
    // As it comes: what the simulator does with it when it is late is not the server's.
    arrived: (datagram) => {
      const frame = new Int16Array(datagram.slice().buffer);
      heard.add(frame, 0);
      if (state.at < 0 && isLoud(frame)) state.greetingMs += frameMs;
      state.silentMs = 0;
    },
  });
  await over.promise;
  call.hangUp();
  await call.ended;
  const { greetingMs, answerFrom } = state;
  return { call, greetingMs, answer: heard.slice(answerFrom) };
}

for (const frameMs of LENGTHS_MS) {
  Deno.test(`a caller with packets of ${frameMs} ms hears the greeting, and the answer as it was said`, async () => {
    await withNode({}, async (rig) => {
      const sentence = findSentences(SPEECH, RATE_HZ)[0];
      const said = SPEECH.subarray(sentence.from, sentence.to);
      let [calls, correlation, missed, missedBefore] = [0, 0, 0, 0];
      let [sent, came] = [0, 0];
      do {
        calls++;
        missedBefore = missed;
        const { call, greetingMs, answer } = await hearAnswer(rig, {
          ...{ said, frameMs },
        });
        // The simulator's voice says about a second.
        assert.ok(greetingMs > 700, `greeting of ${greetingMs} ms`);
        assert.equal(call.stats.wrongSize, 0);
        sent += call.stats.framesSent;
        came += call.stats.framesHeard;
        correlation = alignSpeech(said, answer, RATE_HZ).correlation;
        const line = await rig.logged(
          "The call has audio",
          ({ callId }) => callId === call.uuid,
        );
        assert.equal(line.frameMs, frameMs);
        const metrics = await rig.server.metrics();
        missed = sumMetric(metrics, "vapi_playout_underrun_frames_total") +
          sumMetric(metrics, "vapi_audio_frames_total", "concealed");
        // A mistake spoils every call, a busy machine one now and then: only lateness is tried again.
      } while (
        correlation <= LEAST_CORRELATION && missed > missedBefore &&
        calls < MOST_CALLS
      );
      assert.ok(correlation > LEAST_CORRELATION, `correlation ${correlation}`);
      assert.deepEqual(rig.freeSwitch.violations, []);
      const metrics = await rig.server.metrics();
      const frames = (direction: string) =>
        sumMetric(metrics, "vapi_audio_frames_total", direction);
      // The last of each call may be on the way when it ends; a ramp is no frame of the assistant's.
      assert.ok(sent - frames("uplink") <= 3 * calls);
      assert.ok(Math.abs(came - frames("downlink")) <= 6 * calls + missed);
      const dropped = "vapi_audio_datagrams_dropped_total";
      assert.equal(sumMetric(metrics, dropped), 0);
      assert.equal(sumMetric(metrics, "vapi_calls_successful_total"), calls);
    });
  });

  Deno.test(`a caller with packets of ${frameMs} ms who interrupts the assistant hears it fall silent`, async () => {
    const wavs = [{ samples: tone(10_000), rateHz: RATE_HZ }];
    await withNode({ stepFun: { mode: "wav", wavs } }, async (rig) => {
      const silent = Promise.withResolvers<number>();
      const state = { heardMs: 0, quietMs: 0, saidMs: 0 };
      const call = rig.call({
        codec: codecOf(frameMs),
        speech: (frame, index) => {
          if (index * frameMs > MOST_MS) silent.resolve(Infinity);
          if (state.heardMs < 1000) return false;
          frame.set(tone(frameMs, 300));
          state.saidMs += frameMs;
          return true;
        },
        heard: (frame) => {
          if (isLoud(frame)) {
            state.heardMs += frameMs;
            state.quietMs = 0;
          } else if (state.saidMs > 0) state.quietMs += frameMs;
          if (state.quietMs < OVER_MS) return;
          silent.resolve(state.saidMs - state.quietMs);
        },
      });
      const stopMs = await silent.promise;
      call.hangUp();
      await call.ended;
      assert.ok(stopMs < MOST_STOP_MS, `silent after ${stopMs} ms`);
      const metrics = await rig.server.metrics();
      assert.ok(sumMetric(metrics, "vapi_barge_ins_total") >= 1);
      const discarded = sumMetric(
        metrics,
        "vapi_audio_frames_total",
        "discarded",
      );
      assert.ok(discarded * frameMs <= 240, `${discarded} frames discarded`);
    });
  });
}

function tone(ms: number, hz = 440): Int16Array {
  const length = RATE_HZ * ms / 1000;
  return Int16Array.from(
    { length },
    (_, i) => Math.round(8000 * Math.sin(2 * Math.PI * hz * i / RATE_HZ)),
  );
}
