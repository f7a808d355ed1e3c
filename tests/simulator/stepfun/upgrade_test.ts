import assert from "node:assert/strict";
import {
  startStepFun,
  type StepFun,
} from "../../../src/simulator/stepfun/start_stepfun.ts";
import { Client, withStepFun } from "./client.ts";

/** Sends a raw request and gives the whole answer. */
async function ask(
  fun: StepFun,
  { target = "/v1/realtime?model=step-audio-2", key = "secret", more = "" } =
    {},
): Promise<{ status: number; body: string }> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: fun.port });
  const head = [
    `GET ${target} HTTP/1.1`,
    "Host: x",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Authorization: Bearer ${key}`,
  ].join("\r\n");
  await conn.write(new TextEncoder().encode(`${head}\r\n\r\n${more}`));
  const answer = await new Response(conn.readable).text();
  const [start, body] = answer.split("\r\n\r\n");
  return { status: Number(start.split(" ")[1]), body };
}

Deno.test("an upgrade is refused with the service's statuses and bodies", async () => {
  const options = { mode: "parrot", apiKey: "secret" } as const;
  await withStepFun(options, async (fun) => {
    const refused = await ask(fun, { key: "wrong" });
    assert.equal(refused.status, 401);
    const { error } = JSON.parse(refused.body);
    assert.equal(error.type, "invalid_api_key");
    assert.equal(typeof error.message, "string");
    const target = "/v1/realtime";
    assert.equal((await ask(fun, { target: "/v1/other" })).status, 404);
    assert.equal((await ask(fun, { target })).status, 400);
    const unknown = await ask(fun, { target: `${target}?model=gpt` });
    assert.equal(unknown.status, 400);
    fun.refuse(429);
    assert.equal((await ask(fun)).status, 429);
    fun.refuse(undefined);
    const client = new Client(`${fun.url}?model=step-audio-2`, {
      Authorization: "Bearer secret",
    });
    await client.ready();
    await client.close();
  });
});

Deno.test("no more sessions than allowed are open", async () => {
  await withStepFun(
    { mode: "parrot", maxSessions: 1 },
    async (_fun, connect) => {
      const first = await connect().ready();
      await assert.rejects(connect().opened);
      await first.close();
    },
  );
});

Deno.test("bytes that are not an upgrade end the connection", async () => {
  await withStepFun({ mode: "parrot" }, async (fun) => {
    for (const bytes of ["\0\x01\x02\r\n\r\n", "GET / HTTP/1.1\r\n\r\nmore"]) {
      const conn = await Deno.connect({
        hostname: "127.0.0.1",
        port: fun.port,
      });
      await conn.write(new TextEncoder().encode(bytes));
      const answer = await new Response(conn.readable).text().catch(() => "");
      assert.equal(answer, "");
    }
  });
});

Deno.test("a client that says nothing is dropped after the deadline", async () => {
  const options = { mode: "parrot", upgradeTimeoutMs: 30 } as const;
  await withStepFun(options, async (fun) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: fun.port });
    assert.equal(await new Response(conn.readable).text(), "");
  });
});

Deno.test("all sockets drop without a close frame when they are cut", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const clients = [await connect().ready(), await connect().ready()];
    fun.cutAll();
    for (const client of clients) {
      assert.equal(await client.closed, 1006);
    }
    const again = await connect().ready();
    fun.sessions().at(-1)!.end(4000);
    assert.equal(await again.closed, 4000);
  });
});

Deno.test("observers hear of sessions, audio and events", async () => {
  const heard: string[] = [];
  const ended = Promise.withResolvers<void>();
  const fun = startStepFun({
    mode: "parrot",
    onSession: ({ index, model }) => heard.push(`session ${index} ${model}`),
    onAudio: (index, samples) => heard.push(`audio ${index} ${samples[1]}`),
    onEvent: (index, event) => heard.push(`event ${index} ${event.type}`),
    onSessionEnd: ({ ended: over }) => {
      heard.push(`ended ${over}`);
      ended.resolve();
    },
  });
  const client = await new Client(`${fun.url}?model=step-audio-2`).ready();
  client.append(new Int16Array([5, -7]));
  await client.close();
  await ended.promise;
  await fun.close();
  assert.deepEqual(heard, [
    "session 0 step-audio-2",
    "event 0 session.update",
    "event 0 input_audio_buffer.append",
    "audio 0 -7",
    "ended true",
  ]);
});

Deno.test("close tells what an observer threw", async () => {
  const fun = startStepFun({
    mode: "parrot",
    onAudio: () => {
      throw new Error("assertion of a test");
    },
  });
  const client = await new Client(`${fun.url}?model=step-audio-2`).ready();
  client.append(new Int16Array(2));
  await client.closed;
  await assert.rejects(fun.close(), /assertion of a test/);
});

Deno.test("options that cannot be used are refused", () => {
  for (
    const wrong of [
      { mode: "wav" },
      { mode: "parrot", inputRateHz: 44_110.5 },
      { mode: "parrot", deltaMs: 0 },
      { mode: "parrot", realtimeFactor: 0 },
    ] as const
  ) {
    assert.throws(() => startStepFun(wrong), RangeError);
  }
});
