import assert from "node:assert/strict";
import { withStepFun } from "./client.ts";
import {
  babble,
  chunks,
  correlation,
  join,
  sample,
  seededRandom,
  silence,
  tone,
} from "./signals.ts";

const FLOATING = "conversation.item.input_audio_transcription.";
const INTERLEAVED = /^response\.audio(_transcript)?\.delta$/;

/** Event types without what may stand anywhere, and interleaved deltas as one. */
function order(types: readonly string[]): string[] {
  return types
    .filter((type) => !type.startsWith(FLOATING))
    .map((type) => INTERLEAVED.test(type) ? "deltas" : type)
    .filter((type, i, all) => type !== "deltas" || all[i - 1] !== type);
}

const RESPONSE = [
  "response.created",
  "response.output_item.added",
  "conversation.item.created",
  "response.content_part.added",
  "deltas",
  "response.audio.done",
  "response.audio_transcript.done",
  "response.content_part.done",
  "response.output_item.done",
  "response.done",
];

Deno.test("a spoken turn comes in the service's order when detection is on", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready();
    const from = client.received.length;
    for (const frame of chunks(join(tone(400), silence(300)), 320)) {
      client.append(frame);
    }
    const done = await client.until("response.done");
    await client.close();
    const received = client.received.slice(from);
    assert.deepEqual(order(received.map((event) => event.type)), [
      "input_audio_buffer.speech_started",
      "input_audio_buffer.speech_stopped",
      "input_audio_buffer.committed",
      "conversation.item.created",
      ...RESPONSE,
    ]);
    assert.equal(done.response.status, "completed");
    assert.ok(done.response.usage.output_tokens > 0);
  });
});

Deno.test("the parts of a turn name the same items", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready();
    client.append(join(tone(400), silence(300)));
    await client.until(`${FLOATING}completed`);
    await client.close();
    const find = (type: string) =>
      client.received.filter((event) => event.type === type);
    const [user, assistant] = find("conversation.item.created");
    assert.equal(user.item.role, "user");
    assert.equal(assistant.previous_item_id, user.item.id);
    for (const type of ["speech_started", "speech_stopped", "committed"]) {
      const [event] = find(`input_audio_buffer.${type}`);
      assert.equal(event.item_id, user.item.id);
    }
    for (const delta of find("response.audio.delta")) {
      assert.equal(delta.item_id, assistant.item.id);
    }
    const [, whole] = find(`${FLOATING}delta`);
    const [completed] = find(`${FLOATING}completed`);
    assert.equal(whole.delta, completed.transcript);
  });
});

Deno.test("a turn hangs when the caller's stream stops", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready();
    client.append(tone(400));
    await client.until("input_audio_buffer.speech_started");
    client.send({ type: "input_audio_buffer.clear" });
    await client.until("input_audio_buffer.cleared");
    assert.ok(!client.types().includes("input_audio_buffer.speech_stopped"));
  });
});

Deno.test("a committed turn waits for response.create when detection is off", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready({ turn_detection: null });
    const from = client.received.length;
    client.append(tone(200));
    client.send({ type: "input_audio_buffer.commit" });
    await client.until(`${FLOATING}completed`);
    client.send({ type: "response.create" });
    await client.until("response.done");
    const types = client.types().slice(from);
    assert.deepEqual(order(types), [
      "input_audio_buffer.committed",
      "conversation.item.created",
      ...RESPONSE,
    ]);
    assert.equal(client.heard().length, 24 * 200);
  });
});

Deno.test("a written turn is answered with sound and a transcript that names the text", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const client = await connect().ready();
    const from = client.received.length;
    client.ask("Say hello");
    await client.until("response.done");
    assert.deepEqual(order(client.types().slice(from)), [
      "conversation.item.created",
      ...RESPONSE,
    ]);
    const words = client.received
      .filter((event) => event.type === "response.audio_transcript.delta")
      .map((event) => event.delta).join("");
    assert.equal(words, "You wrote: Say hello");
    const seconds = client.heard().length / 24_000;
    assert.ok(seconds > 0.8 && seconds < 1.2, `${seconds} s`);
    assert.deepEqual(fun.sessions()[0].texts, ["Say hello"]);
  });
});

Deno.test("a parrot gives back what was said when the rates differ", async () => {
  const seed = 20_261;
  console.log(`seed ${seed}`);
  const signal = babble(seededRandom(seed));
  for (
    const [inputRateHz, outputRateHz] of [[16_000, 24_000], [24_000, 24_000], [
      24_000,
      16_000,
    ], [8000, 24_000]]
  ) {
    const options = { mode: "parrot", inputRateHz, outputRateHz } as const;
    await withStepFun(options, async (_fun, connect) => {
      const client = await connect().ready();
      const spoken = sample(signal, { rateHz: inputRateHz, durationMs: 600 });
      client.append(join(spoken, silence(200, inputRateHz)));
      await client.until("response.done");
      const heard = client.heard().subarray(0, outputRateHz * 0.6);
      const wanted = sample(signal, { rateHz: outputRateHz, durationMs: 600 });
      // The ends ring: the signal begins and stops within one sample.
      const edge = outputRateHz / 100;
      const got = correlation(
        heard.subarray(edge, -edge),
        wanted.subarray(edge, -edge),
      );
      assert.ok(got > 0.999, `${inputRateHz} to ${outputRateHz}: ${got}`);
    });
  }
});

Deno.test("recordings are answered one after the other in mode wav", async () => {
  const wavs = [
    {
      samples: tone(100, { rateHz: 24_000, frequencyHz: 400 }),
      rateHz: 24_000,
    },
    { samples: tone(200, { rateHz: 8000, frequencyHz: 500 }), rateHz: 8000 },
  ];
  await withStepFun({ mode: "wav", wavs }, async (_fun, connect) => {
    const client = await connect().ready();
    const lengths: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = client.heard().length;
      client.ask("next");
      await client.until("response.done");
      lengths.push(client.heard().length - before);
    }
    assert.deepEqual(lengths, [2400, 4800, 2400]);
    assert.deepEqual(client.heard().subarray(0, 2400), wavs[0].samples);
  });
});

Deno.test("an echo gives each sample back at once in one response", async () => {
  await withStepFun({ mode: "echo" }, async (fun, connect) => {
    const client = await connect().ready();
    for (let i = 0; i < 10; i++) client.append(tone(20));
    for (let i = 0; i < 10; i++) await client.until("response.audio.delta");
    const types = client.types();
    assert.equal(types.filter((t) => t === "response.created").length, 1);
    // The converter keeps a few samples until the next frame comes.
    assert.ok(4800 - client.heard().length < 10);
    assert.equal(fun.sessions()[0].counts.appendedSamples, 3200);
    client.send({ type: "response.cancel" });
    const done = await client.until("response.done");
    assert.equal(done.response.status, "incomplete");
  });
});

Deno.test("a duplex speaks on for ever in mode duplex", async () => {
  await withStepFun({ mode: "duplex", deltaMs: 5 }, async (_fun, connect) => {
    const client = await connect().ready();
    client.append(silence(20));
    const startMs = performance.now();
    for (let i = 0; i < 20; i++) await client.until("response.audio.delta");
    // The twentieth of 5 ms is due after 95 ms, whatever the factor says.
    assert.ok(performance.now() - startMs > 60);
    client.send({ type: "response.cancel" });
    await client.until("response.done");
  });
});

Deno.test("a second turn is answered after the first when nobody cancels", async () => {
  const options = { mode: "parrot", realtimeFactor: 20 } as const;
  await withStepFun(options, async (fun, connect) => {
    const client = await connect().ready();
    const turn = join(tone(400), silence(300));
    client.append(turn);
    await client.until("response.created");
    client.append(turn);
    await client.until("response.done");
    await client.until("response.created");
    await client.until("response.done");
    assert.equal(fun.sessions()[0].counts.turns, 2);
  });
});
