import assert from "node:assert/strict";
import {
  type LiveFault,
  parseLiveFault,
} from "../../../src/simulator/stepfun/live_faults.ts";
import { startStepFun } from "../../../src/simulator/stepfun/start_stepfun.ts";
import { withStepFun } from "./client.ts";

const WORDS: readonly (readonly [string, LiveFault])[] = [
  ["cut", { fault: "cut" }],
  [" close  1011 ", { fault: "close", code: 1011 }],
  ["stall on", { fault: "stall", on: true }],
  ["stall off", { fault: "stall", on: false }],
  ["mute on", { fault: "mute", on: true }],
  ["refuse 402", { fault: "refuse", status: 402 }],
  ["refuse off", { fault: "refuse", status: undefined }],
  ["hang on", { fault: "hang", on: true }],
  ["limit 5000", { fault: "limit", ms: 5000 }],
  ["limit off", { fault: "limit", ms: undefined }],
  ["slow 800", { fault: "slow", ms: 800 }],
  ["slow off", { fault: "slow", ms: 0 }],
];

Deno.test("a fault is read as it is typed", () => {
  for (const [text, fault] of WORDS) {
    assert.deepEqual(parseLiveFault(text), fault);
  }
});

Deno.test("a fault that nobody knows is refused with what is allowed", () => {
  const wrong = ["", "explode", "cut now", "stall", "stall maybe", "hang 1"];
  for (const text of wrong) {
    assert.throws(() => parseLiveFault(text), /must be one of cut, close CODE/);
  }
  for (const text of ["close 999", "refuse 200", "limit 0", "slow -1"]) {
    assert.throws(() => parseLiveFault(text), /the number must be/);
  }
});

Deno.test("all sessions end without a close frame when they are cut, and a new one is served", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const clients = [await connect().ready(), await connect().ready()];
    fun.apply({ fault: "cut" });
    for (const { closed } of clients) assert.equal(await closed, 1006);
    await connect().ready();
  });
});

Deno.test("all sessions end with the code when they are closed", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const clients = [await connect().ready(), await connect().ready()];
    fun.apply({ fault: "close", code: 1011 });
    for (const { closed } of clients) assert.equal(await closed, 1011);
  });
});

Deno.test("a mute service says nothing more from the middle of a response on, and a new session is heard when it goes on", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const client = await connect().ready();
    fun.apply({ fault: "mute", on: true });
    client.ask("hello");
    await client.until("response.audio.delta");
    await assert.rejects(
      within(150, client.until("response.done")),
      /nothing came/,
    );
    fun.apply({ fault: "mute", on: false });
    const other = await connect().ready();
    other.ask("hello");
    await other.until("response.done");
  });
});

Deno.test("a stalled service answers nobody, and everybody when it goes on", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const client = await connect().ready();
    fun.apply({ fault: "stall", on: true });
    client.ask("hello");
    const late = connect();
    const answer = client.until("response.created");
    await assert.rejects(
      within(150, Promise.race([answer, late.opened])),
      /nothing came/,
    );
    assert.equal(fun.sessions()[0].counts.responses, 0);
    fun.apply({ fault: "stall", on: false });
    await answer;
    await client.until("response.done");
  });
});

Deno.test("a stalled WebSocket answers no ping until it goes on", async () => {
  const fun = startStepFun({ mode: "parrot" });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: fun.port });
  const read = reader(conn);
  await conn.write(upgrade("/v1/realtime?model=step-audio-2"));
  await read((text) => text.includes("session.created"));
  fun.apply({ fault: "stall", on: true });
  await conn.write(new Uint8Array([0x89, 0x80, 0, 0, 0, 0]));
  const pong = read((text) => text.includes("\x8a\x00"));
  await assert.rejects(within(150, pong), /nothing came/);
  fun.apply({ fault: "stall", on: false });
  await pong;
  conn.close();
  await fun.close();
});

Deno.test("a stalled session ends with the service", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const client = await connect().ready();
    fun.apply({ fault: "stall", on: true });
    client.ask("hello");
  });
});

Deno.test("upgrades are refused until that is taken back", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    for (const status of [401, 402, 429, 503]) {
      fun.apply({ fault: "refuse", status });
      await assert.rejects(connect().opened);
    }
    fun.apply({ fault: "refuse", status: undefined });
    await connect().ready();
  });
});

Deno.test("a connection is accepted and never answered when the service hangs", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    fun.apply({ fault: "hang", on: true });
    const hung = connect();
    await assert.rejects(within(150, hung.opened), /nothing came/);
    fun.apply({ fault: "hang", on: false });
    await connect().ready();
    assert.equal(fun.sessions().length, 1);
  });
});

Deno.test("old and new sessions end when they reach the limit", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    const old = await connect().ready();
    fun.apply({ fault: "limit", ms: 120 });
    const young = connect();
    await young.opened;
    const startMs = performance.now();
    assert.equal(await young.closed, 1000);
    assert.equal(await old.closed, 1000);
    assert.ok(performance.now() - startMs > 60);
    fun.apply({ fault: "limit", ms: undefined });
    await connect().ready();
  });
});

Deno.test("an upgrade is answered later when the service is slow", async () => {
  await withStepFun({ mode: "parrot" }, async (fun, connect) => {
    fun.apply({ fault: "slow", ms: 120 });
    const startMs = performance.now();
    await connect().opened;
    assert.ok(performance.now() - startMs >= 110);
  });
});

Deno.test("a service closes at once although somebody waits to be let in", async () => {
  const fun = startStepFun({ mode: "parrot" });
  fun.apply({ fault: "slow", ms: 600_000 });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: fun.port });
  await conn.write(upgrade("/v1/realtime?model=step-audio-2"));
  await fun.close();
  while (await conn.read(new Uint8Array(256)) !== null);
  conn.close();
});

function upgrade(target: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    `GET ${target} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n` +
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
}

/** Reads until what came is enough, each byte one character. */
function reader(conn: Deno.Conn) {
  let text = "";
  return async (enough: (text: string) => boolean) => {
    const bytes = new Uint8Array(65_536);
    while (!enough(text)) {
      const count = await conn.read(bytes);
      if (count === null) throw new Error(`ended with ${text}`);
      text += String.fromCharCode(...bytes.subarray(0, count));
    }
  };
}

/** Rejects when it takes longer: what must not happen needs a time in which it does not. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("nothing came")), ms);
  return await Promise.race([work, late.promise])
    .finally(() => clearTimeout(timer));
}
