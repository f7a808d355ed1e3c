import assert from "node:assert/strict";
import { openaiProfile } from "../../src/model/openai_profile.ts";
import type { ModelProfile, Persona } from "../../src/model/profile.ts";
import { qwenProfile } from "../../src/model/qwen_profile.ts";
import { stepFunProfile } from "../../src/model/stepfun_profile.ts";

const PERSONA: Persona = {
  instructions: "Be brief.",
  voice: "marin",
  turnDetection: {
    prefixPaddingMs: 200,
    silenceDurationMs: 450,
    energyAwakenessThreshold: 3000,
  },
};
const MAKERS = [
  ["stepfun", stepFunProfile],
  ["qwen", qwenProfile],
  ["openai", openaiProfile],
] as const;

/** What one event means, undefined when it is unknown. */
function meaning(profile: ModelProfile, event: string) {
  return profile.serverEvents.get(event);
}

Deno.test("a profile names its supplier, its model in the address, and its rates", () => {
  const rows = MAKERS.map(([, make]) => {
    const { supplier, url, inputRateHz, outputRateHz } = make("m 1");
    return [supplier, url, inputRateHz, outputRateHz];
  });
  assert.deepEqual(rows, [
    ["stepfun", "wss://api.stepfun.com/v1/realtime?model=m+1", 24000, 24000],
    [
      "qwen",
      "wss://dashscope.aliyuncs.com/api-ws/v1/realtime?model=m+1",
      16000,
      24000,
    ],
    ["openai", "wss://api.openai.com/v1/realtime?model=m+1", 24000, 24000],
  ]);
});

Deno.test("a profile knows how long a session of its supplier may last", () => {
  const minutes = MAKERS.map(([, make]) => make("m").sessionLimitMs / 60_000);
  assert.deepEqual(minutes, [30, 120, 60]);
});

Deno.test("an operator's address, rates and truncation win over the supplier's own", () => {
  for (const [supplier, make] of MAKERS) {
    const profile = make("m", {
      url: "ws://127.0.0.1:9/x",
      inputRateHz: 8000,
      outputRateHz: 48000,
      truncate: supplier === "qwen",
    });
    assert.equal(profile.url, "ws://127.0.0.1:9/x?model=m");
    assert.equal(profile.inputRateHz, 8000);
    assert.equal(profile.outputRateHz, 48000);
    assert.equal(profile.capabilities.truncate, supplier === "qwen");
  }
});

Deno.test("a profile is refused when its address or a rate cannot be", () => {
  for (const [, make] of MAKERS) {
    assert.throws(() => make("m", { url: "http://127.0.0.1" }), TypeError);
    assert.throws(() => make("m", { url: "ws://127.0.0.1/#x" }), TypeError);
    assert.throws(() => make("m", { inputRateHz: 7999 }), RangeError);
    assert.throws(() => make("m", { outputRateHz: 24000.5 }), RangeError);
  }
});

Deno.test("OpenAI's session has its shape and no energies of StepFun's", () => {
  const format = { type: "audio/pcm", rate: 24000 };
  assert.deepEqual(openaiProfile("m").session(PERSONA), {
    type: "realtime",
    output_modalities: ["audio"],
    instructions: "Be brief.",
    audio: {
      input: {
        format,
        transcription: { model: "gpt-4o-mini-transcribe" },
        turn_detection: {
          type: "server_vad",
          threshold: 0.5,
          prefix_padding_ms: 200,
          silence_duration_ms: 450,
          create_response: true,
          interrupt_response: false,
        },
      },
      output: { format, voice: "marin" },
    },
  });
});

Deno.test("Qwen's session has its shape and no energies of StepFun's", () => {
  assert.deepEqual(qwenProfile("m").session(PERSONA), {
    modalities: ["text", "audio"],
    instructions: "Be brief.",
    voice: "marin",
    input_audio_format: "pcm",
    output_audio_format: "pcm",
    turn_detection: {
      type: "server_vad",
      threshold: 0.5,
      prefix_padding_ms: 200,
      silence_duration_ms: 450,
      create_response: true,
      interrupt_response: false,
    },
  });
});

Deno.test("functions are told as each supplier writes them", () => {
  const parameters = { type: "object", properties: {} };
  const spec = { name: "look_up", description: "Looks.", parameters };
  const persona = { ...PERSONA, functions: [spec] };
  for (const profile of [stepFunProfile("m"), qwenProfile("m")]) {
    const { tools } = profile.session(persona);
    assert.deepEqual(tools, [{ type: "function", function: spec }]);
  }
  const { tools } = openaiProfile("m").session(persona);
  assert.deepEqual(tools, [{ type: "function", ...spec }]);
  for (const profile of [stepFunProfile("m"), openaiProfile("m")]) {
    const none = profile.session({ ...PERSONA, functions: [] });
    assert.ok(!("tools" in none));
  }
});

Deno.test("the parts of an answer have each supplier's own names", () => {
  const stepFun = stepFunProfile("m");
  const qwen = qwenProfile("m");
  const openai = openaiProfile("m");
  for (const older of [stepFun, qwen]) {
    assert.equal(meaning(older, "response.audio.delta"), "audio");
    assert.equal(meaning(older, "response.audio_transcript.done"), "spoken");
    assert.equal(meaning(older, "response.output_audio.delta"), undefined);
    assert.equal(older.assistantContent, "text");
  }
  assert.equal(meaning(openai, "response.audio.delta"), undefined);
  assert.equal(meaning(openai, "response.output_audio.delta"), "audio");
  assert.equal(
    meaning(openai, "response.output_audio_transcript.done"),
    "spoken",
  );
  assert.equal(
    meaning(openai, "response.output_text.delta"),
    "written_partial",
  );
  assert.equal(meaning(openai, "conversation.item.added"), "ignored");
  assert.equal(openai.assistantContent, "output_text");
});

Deno.test("a partial transcript counts only where it is all of the text so far", () => {
  const event = "conversation.item.input_audio_transcription.delta";
  const meanings = MAKERS.map(([, make]) => meaning(make("m"), event));
  assert.deepEqual(meanings, ["caller_partial", "ignored", "ignored"]);
});
