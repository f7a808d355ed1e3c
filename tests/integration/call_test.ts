import assert from "node:assert/strict";
import { alignSpeech } from "../../src/simulator/similarity.ts";
import { readWav } from "../../src/simulator/wav.ts";
import { sumMetric } from "../../tools/metrics_text.ts";
import { findSentences } from "../../tools/demo/sentences.ts";
import { Tape } from "../../tools/demo/tape.ts";
import { type NodeRig, withNode } from "../support/node_rig.ts";

const SPEECH = readWav(
  Deno.readFileSync(new URL("../../assets/speech_8k.wav", import.meta.url)),
).samples;

/** Calls that a busy machine may spoil by being late with a frame. */
const MOST_CALLS = 5;
/** Between what was said and what was heard, at least. */
const LEAST_CORRELATION = 0.98;
const FRAME_SAMPLES = 160;
/** Half a second of silence for the detector, before the caller speaks. */
const PAUSE_SAMPLES = 4000;
/** The answer is over when nothing has come for half a second. */
const SILENT_FRAMES = 25;
/** An answer that is not over by then will not be heard. */
const MOST_FRAMES = 1000;

/** Calls, speaks, and resolves with all that the server sent when its answer is over. */
async function hearAnswer(rig: NodeRig, said: Int16Array) {
  const heard = new Tape();
  const over = Promise.withResolvers<void>();
  let heardBefore = 0;
  let silentFrames = 0;
  const call = rig.call({
    speech: (frame, index) => {
      const at = index * FRAME_SAMPLES - PAUSE_SAMPLES;
      frame.fill(0);
      if (at >= 0) frame.set(said.subarray(at, at + FRAME_SAMPLES));
      if (at < said.length) heardBefore = heard.length;
      const isWhole = heard.length - heardBefore >= said.length;
      if (isWhole && ++silentFrames > SILENT_FRAMES) over.resolve();
      if (index > MOST_FRAMES) over.resolve();
      return true;
    },
    // As it comes: what the simulator does with it when it is late is not the server's.
    arrived: (datagram) => {
      silentFrames = 0;
      heard.add(new Int16Array(datagram.slice().buffer), 0);
    },
  });
  await over.promise;
  call.hangUp();
  return { call, outcome: await call.ended, heard: heard.slice() };
}

Deno.test("a caller who has spoken hears the model's answer, as it was said", async () => {
  await withNode({}, async (rig) => {
    const sentence = findSentences(SPEECH, 8000)[0];
    const said = SPEECH.subarray(sentence.from, sentence.to);
    let calls = 0;
    let correlation = 0;
    let missed = 0;
    let missedBefore = 0;
    do {
      calls++;
      missedBefore = missed;
      const { call, outcome, heard } = await hearAnswer(rig, said);
      assert.equal(outcome.cause, "NORMAL_CLEARING");
      assert.ok(call.stats.framesHeard > 0);
      assert.equal(call.stats.wrongSize, 0);
      const { uuid } = call;
      const ended = await rig.logged(
        "The call has ended",
        ({ callId }) => callId === uuid,
      );
      assert.deepEqual(ended.end, { by: "hangup", cause: "NORMAL_CLEARING" });
      correlation = alignSpeech(said, heard, 8000).correlation;
      const metrics = await rig.server.metrics();
      const concealed = 'direction="concealed"';
      missed = sumMetric(metrics, "vapi_playout_underrun_frames_total") +
        sumMetric(metrics, "vapi_audio_frames_total", concealed);
      // A mistake spoils every call, a busy machine one now and then: only lateness is tried again.
    } while (
      correlation <= LEAST_CORRELATION && missed > missedBefore &&
      calls < MOST_CALLS
    );

    assert.ok(correlation > LEAST_CORRELATION, `correlation ${correlation}`);
    assert.deepEqual(rig.freeSwitch.violations, []);
    const metrics = await rig.server.metrics();
    assert.equal(sumMetric(metrics, "vapi_calls_total"), calls);
    assert.equal(sumMetric(metrics, "vapi_calls_successful_total"), calls);
    assert.equal(sumMetric(metrics, "vapi_active_calls"), 0);
    // Who stands still in a sentence is taken to have said two.
    assert.ok(sumMetric(metrics, "vapi_stepfun_latency_count") >= calls);
    assert.ok(sumMetric(metrics, "vapi_audio_rtp_jitter_ms") >= 0);
  });
});

Deno.test("a caller's keys reach the model as text when they are pressed", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    for (const key of "42#") call.pressKey(key);
    const line = await rig.logged(
      "The assistant said something",
      ({ pii }) => JSON.stringify(pii).includes("42#"),
    );
    assert.equal(line.callId, call.uuid);
    call.hangUp();
    await call.ended;
  });
});

Deno.test("a caller who is put on hold, and goes on, is known to be", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    call.hold(true);
    const line = await rig.logged("The call was put on hold");
    assert.equal(line.callId, call.uuid);
    call.hold(false);
    await rig.logged("The call is off hold");
    call.hangUp();
    await call.ended;
  });
});

Deno.test("the channel's variable chooses the assistant when it is known, and the default one answers when not", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  await Deno.writeTextFile(
    file,
    JSON.stringify({
      default: {
        name: "d",
        instructions: "default",
        greeting: "greet-default",
      },
      sales: { name: "s", instructions: "sales", greeting: "greet-sales" },
    }),
  );
  await withNode({ environment: { ASSISTANTS_FILE: file } }, async (rig) => {
    for (
      const [asked, greeting] of [
        ["sales", "greet-sales"],
        ["nobody", "greet-default"],
        ["", "greet-default"],
      ]
    ) {
      const call = rig.call({ variables: { vapi_assistant_id: asked } });
      await rig.logged(
        "The assistant said something",
        ({ callId, pii }) =>
          callId === call.uuid && JSON.stringify(pii).includes(greeting),
      );
      call.hangUp();
      await call.ended;
    }
    const warning = await rig.logged(
      "The assistant is unknown; the default one answers",
    );
    assert.equal(warning.assistant, "nobody");
  });
  await Deno.remove(file);
});
