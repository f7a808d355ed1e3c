import assert from "node:assert/strict";
import { type Client, withStepFun } from "./client.ts";

/** Cancels after the first audio and gives what came from there on. */
async function cancelled(client: Client, last: string) {
  client.ask("a long story");
  await client.until("response.audio.delta");
  const from = client.received.length;
  client.send({ type: "response.cancel" });
  const startMs = performance.now();
  await client.until(last);
  const types = client.types().slice(from);
  return { types, tookMs: performance.now() - startMs };
}

const SLOWLY = { mode: "parrot", realtimeFactor: 1 } as const;

Deno.test("a cancelled response ends incomplete, with two more deltas before", async () => {
  await withStepFun(SLOWLY, async (fun, connect) => {
    const client = await connect().ready();
    const { types, tookMs } = await cancelled(client, "response.done");
    const late = types.filter((type) => type === "response.audio.delta");
    assert.equal(late.length, 2);
    assert.ok(tookMs > 40, `${tookMs} ms`);
    assert.equal(client.received.at(-1)!.response.status, "incomplete");
    assert.equal(fun.sessions()[0].counts.cancelled, 1);
    client.send({ type: "response.cancel" });
    await client.until("error");
    client.ask("go on");
    await client.until("response.created");
  });
});

Deno.test("a cancelled response ends as documented when that is asked for", async () => {
  const options = {
    ...SLOWLY,
    cancelAnswer: "cancelled",
    cancelLateDeltas: 0,
    cancelDelayMs: 1,
  } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    const { types } = await cancelled(client, "response.cancelled");
    assert.deepEqual(types, ["response.cancelled"]);
    client.ask("go on");
    await client.until("response.created");
    assert.ok(!client.types().includes("response.done"));
  });
});

Deno.test("a cancelled response ends twice when that is asked for", async () => {
  const options = { ...SLOWLY, cancelAnswer: "cancelled_then_done" } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    const { types } = await cancelled(client, "response.done");
    assert.ok(types.includes("response.cancelled"));
    assert.equal(client.received.at(-1)!.response.status, "cancelled");
  });
});

Deno.test("a function is called and its output is spoken after response.done", async () => {
  const call = { name: "weather", arguments: '{"city":"Beijing"}' };
  const options = {
    mode: "parrot",
    functionCall: { ...call, atResponse: 1 },
  } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    const from = client.received.length;
    client.ask("How is the weather?");
    const made = await client.until("response.function_call_arguments.done");
    assert.equal(made.name, "weather");
    assert.equal(made.arguments, call.arguments);
    const output = {
      type: "function_call_output",
      call_id: made.call_id,
      output: "sunny",
    };
    client.send({ type: "conversation.item.create", item: output });
    client.send({ type: "response.create" });
    const { error } = await client.until("error");
    assert.equal(error.message, "ongoing response already exists");
    await client.until("response.done");
    const types = client.types().slice(from)
      .filter((type, i, all) => type !== all[i - 1]);
    assert.deepEqual(types, [
      "conversation.item.created",
      "response.created",
      "response.output_item.added",
      "response.function_call_arguments.delta",
      "response.function_call_arguments.done",
      "conversation.item.created",
      "error",
      "response.output_item.done",
      "response.done",
    ]);
    client.send({ type: "response.create" });
    const { transcript } = await client.until("response.audio_transcript.done");
    assert.equal(transcript, "You wrote: sunny");
  });
});

Deno.test("thinking comes before the audio and usage is left out when that is asked for", async () => {
  const options = { mode: "parrot", thinking: true, usage: false } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    client.ask("think");
    const thought = await client.until("response.thinking.done");
    await client.until("response.audio.delta");
    const done = await client.until("response.done");
    assert.ok(thought.thinking.length > 0);
    assert.ok(!("usage" in done.response));
  });
});

Deno.test("the first audio waits for its delay", async () => {
  const options = { mode: "parrot", firstAudioDelayMs: 80 } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    client.ask("wait");
    await client.until("response.created");
    const startMs = performance.now();
    await client.until("response.audio.delta");
    assert.ok(performance.now() - startMs > 60);
  });
});

Deno.test("a session ends at its limit", async () => {
  const options = { mode: "parrot", sessionLimitMs: 50 } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    assert.equal(await client.closed, 1000);
  });
});

Deno.test("an idle session ends", async () => {
  const options = { mode: "parrot", idleCloseMs: 50 } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    assert.equal(await client.closed, 1000);
  });
});
