import assert from "node:assert/strict";
import { Client, type Received, withStepFun } from "./client.ts";
import { silence, tone } from "./signals.ts";

/** Sends what is wrong and gives the error that comes of it. */
async function errorOf(
  client: Client,
  event: Record<string, unknown> | string,
): Promise<Received> {
  client.send(event);
  return (await client.until("error")).error as Received;
}

const BAD_SHAPES: readonly (Record<string, unknown> | string)[] = [
  { type: "ping" },
  { type: "toString" },
  { type: 5 },
  "not JSON",
  "null",
  { type: "session.update" },
  { type: "session.update", session: { input_audio_format: "g711_alaw" } },
  { type: "session.update", session: { tools: {} } },
  { type: "session.update", session: { tools: ["f"] } },
  {
    type: "session.update",
    session: { tools: [{ type: "function", name: "flat" }] },
  },
  { type: "session.update", session: { tool_choice: { type: "function" } } },
  { type: "session.update", session: { turn_detection: { type: "magic" } } },
  {
    type: "session.update",
    session: {
      turn_detection: { type: "server_vad", energy_awakeness_threshold: 5001 },
    },
  },
  { type: "input_audio_buffer.append" },
  { type: "input_audio_buffer.append", audio: "***" },
  { type: "input_audio_buffer.append", audio: "AAAA" },
  { type: "conversation.item.create", item: { type: "message", role: "user" } },
  { type: "conversation.item.create", item: { type: "song" } },
];

Deno.test("an event that the service cannot read is refused and the socket stays open", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const client = await connect().ready();
    for (const event of BAD_SHAPES) {
      const error = await errorOf(client, event);
      assert.equal(error.message, "invalid event format");
      assert.equal(error.type, "request_params_invalid");
      assert.equal(error.code, "400");
    }
    client.sendBytes(new Uint8Array(10));
    await client.until("error");
    assert.equal(fun.sessions()[0].counts.errors, BAD_SHAPES.length + 1);
    client.ask("still there?");
    await client.until("response.done");
  });
});

const REFUSALS: readonly (readonly [Record<string, unknown>, RegExp])[] = [
  [{ type: "input_audio_buffer.commit" }, /^commit when server vad$/],
  [{ type: "response.cancel" }, /^no ongoing response to cancel$/],
  [{ type: "response.create" }, /continue_final_message/],
  [
    { type: "session.update", session: { voice: "nobody" } },
    /^voice nobody is not valid$/,
  ],
  [
    {
      type: "conversation.item.create",
      item: { type: "message", role: "system", content: [] },
    },
    /^item\.role must be user or assistant$/,
  ],
  [{ type: "conversation.item.delete", item_id: "x" }, /not found/],
];

Deno.test("what the service does not want is refused in its words", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready();
    for (const [event, message] of REFUSALS) {
      const error = await errorOf(client, { ...event, event_id: "mine" });
      assert.match(error.message, message);
      assert.equal(error.type, "invalid_request_error");
      assert.equal(error.event_id, "mine");
    }
  });
});

Deno.test("an empty commit is refused when detection is off", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready({ turn_detection: null });
    const commit = { type: "input_audio_buffer.commit" };
    assert.match((await errorOf(client, commit)).message, /empty/);
    client.append(silence(20));
    client.send({ type: "input_audio_buffer.clear" });
    assert.match((await errorOf(client, commit)).message, /empty/);
  });
});

Deno.test("a second response is refused while one runs", async () => {
  const options = { mode: "parrot", realtimeFactor: 4 } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    client.ask("a story");
    const error = await errorOf(client, { type: "response.create" });
    assert.equal(error.message, "ongoing response already exists");
    await client.until("response.done");
  });
});

Deno.test("the voice may change before the first audio and not after", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready({ voice: "wenrounansheng" });
    client.ask("hello");
    await client.until("response.done");
    const update = (voice: string) => ({
      type: "session.update",
      session: { voice },
    });
    client.send(update("wenrounansheng"));
    await client.until("session.updated");
    const error = await errorOf(client, update("qingchunshaonv"));
    assert.match(error.message, /voice/);
  });
});

Deno.test("another model ends the socket with 1006 and without an answer", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready();
    client.send({
      type: "session.update",
      session: { model: "step-audio-2-mini" },
    });
    assert.equal(await client.closed, 1006);
    assert.equal(client.types().at(-1), "session.updated");
  });
});

Deno.test("the session shows its settings as the service does", async () => {
  await withStepFun({ mode: "parrot" }, async (_fun, connect) => {
    const client = await connect().ready({
      turn_detection: { type: "server_vad", silence_duration_ms: 350 },
    });
    client.send({
      type: "session.update",
      session: { turn_detection: null, instructions: "Be brief." },
    });
    await client.until("session.updated");
    const [created, updated, off] = client.received.map((e) => e.session);
    assert.equal(created.max_response_output_tokens, "4096");
    assert.equal(updated.max_response_output_tokens, 4096);
    assert.deepEqual(updated.turn_detection, {
      type: "server_vad",
      prefix_padding_ms: 500,
      silence_duration_ms: 350,
      energy_awakeness_threshold: 2500,
    });
    assert.deepEqual(off.turn_detection, { type: "" });
    assert.equal(off.instructions, "Be brief.");
  });
});

Deno.test("items get the server's ids and can be truncated and deleted", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const client = await connect().ready();
    client.send({
      type: "conversation.item.create",
      event_id: "mine",
      item: {
        id: "mine",
        type: "message",
        role: "user",
        content: [{ type: "input_text", text: "hello" }],
      },
    });
    const { item, event_id } = await client.until("conversation.item.created");
    assert.notEqual(item.id, "mine");
    assert.notEqual(event_id, "mine");
    const fields = { item_id: item.id, content_index: 0, audio_end_ms: 120 };
    client.send({ type: "conversation.item.truncate", ...fields });
    const truncated = await client.until("conversation.item.truncated");
    assert.equal(truncated.audio_end_ms, 120);
    assert.deepEqual(fun.sessions()[0].truncatedAtMs, [120]);
    client.send({ type: "conversation.item.delete", item_id: item.id });
    const deleted = await client.until("conversation.item.deleted");
    assert.equal(deleted.item_id, item.id);
    await errorOf(client, {
      type: "conversation.item.delete",
      item_id: item.id,
    });
  });
});

Deno.test("a message beyond the limit ends the socket", async () => {
  const options = { mode: "parrot", maxMessageBytes: 10_000 } as const;
  await withStepFun(options, async (_fun, connect) => {
    const client = await connect().ready();
    client.append(tone(1000));
    assert.equal(await client.closed, 1002);
  });
});
