import assert from "node:assert/strict";
import { loadLibc } from "../../src/net/libc.ts";
import { threadCare } from "../../src/net/threads.ts";
import type { SessionHandle } from "../../src/router/session_handle.ts";
import { ShardLink } from "../../src/router/shard_link.ts";
import { shardThreads } from "../../src/router/shard_thread.ts";
import { LINK_SETTINGS } from "../support/call_rig.ts";
import { loadedAssistant } from "../support/config_sources.ts";
import { until } from "../support/fake_timers.ts";
import { idleThreads } from "../support/idle_threads.ts";

const HANGING_SHARD = new URL("../support/hanging_shard.ts", import.meta.url);
const libc = loadLibc();

/** A real shard whose sessions have connections to a model that says nothing. */
async function openSessions(
  count: number,
  options: { readonly module?: URL; readonly silentMs?: number } = {},
) {
  const closed: number[] = [];
  const shutDown: number[] = [];
  const model = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = model.addr as Deno.NetAddr;
  const care = threadCare(libc!);
  const link = new ShardLink({
    shard: 0,
    start: shardThreads({
      heapMb: 512,
      module: options.module,
      care: {
        ...care,
        closeDescriptor(fd) {
          closed.push(fd);
          care.closeDescriptor(fd);
        },
        shutDown(fd) {
          shutDown.push(fd);
          care.shutDown(fd);
        },
      },
    }),
    settings: {
      ...LINK_SETTINGS,
      model: {
        ...LINK_SETTINGS.model,
        openTimeoutMs: 60_000,
        suppliers: {
          stepfun: { url: `ws://127.0.0.1:${port}/`, apiKey: "k" },
        },
      },
    },
    silentMs: options.silentMs ?? 10_000,
    log: () => {},
    supplier: () => {},
    delayed: () => {},
    died: () => {},
  });
  await link.started;
  const sessions: SessionHandle[] = [];
  const peers: Deno.Conn[] = [];
  for (let i = 0; i < count; i++) {
    sessions.push(
      link.open({ callId: `call ${i}`, assistant: loadedAssistant() }, {
        opened: () => {},
        failed: () => {},
        fact: () => {},
        finished: () => {},
        functionCalled: () => {},
        lost: () => {},
      }),
    );
    peers.push(await model.accept());
  }
  const ends = peers.map(endOf);
  const close = () => {
    for (const peer of peers) peer.close();
    model.close();
  };
  return { link, sessions, ends, closed, shutDown, close };
}

/** Resolves when a connection has ended. */
async function endOf(peer: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(4096);
  try {
    while (await peer.read(buffer) !== null);
  } catch {
    // What we had sent and nobody read makes it a reset.
  }
}

Deno.test({
  name:
    "a shard that ends leaves no descriptor open, and what it had closed before is not closed again",
  ignore: libc === undefined,
  async fn() {
    const shard = await openSessions(3);
    await shard.sessions[0].close(1000);
    await Promise.any(shard.ends);
    shard.link.terminate();
    await Promise.all(shard.ends);
    // Two connections, and what tells which of them has something.
    await until(() => shard.closed.length === 3);
    assert.equal(new Set(shard.closed).size, 3);
    assert.deepEqual(shard.shutDown, []);
    shard.close();
  },
});

Deno.test({
  name:
    "the connections of a shard that never comes back end, their numbers stay taken, and it costs nobody anything",
  ignore: libc === undefined,
  async fn() {
    const options = { module: HANGING_SHARD, silentMs: 600 };
    const shard = await openSessions(2, options);
    shard.sessions[0].pressKey("1");
    const pulse = setInterval(() => shard.link.beat(0), 100);
    await Promise.all(shard.ends);
    clearInterval(pulse);
    assert.equal(shard.shutDown.length, 3);
    assert.deepEqual(shard.closed, []);
    assert.ok(idleThreads().includes("shard-0"));
    shard.close();
  },
});
