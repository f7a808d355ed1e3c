import assert from "node:assert/strict";
import { ShardLink } from "../../src/router/shard_link.ts";
import { shardThreads } from "../../src/router/shard_thread.ts";
import { loadLibc } from "../../src/net/libc.ts";
import { LINK_SETTINGS } from "../support/call_rig.ts";
import { loadedAssistant } from "../support/config_sources.ts";
import { until } from "../support/fake_timers.ts";

const libc = loadLibc();

Deno.test({
  name:
    "a shard that dies leaves no connection to a model open, and what it had closed before is not closed again",
  ignore: libc === undefined,
  async fn() {
    const closed: number[] = [];
    const model = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = model.addr as Deno.NetAddr;
    const link = new ShardLink({
      shard: 0,
      start: shardThreads({
        heapMb: 512,
        closeDescriptor(fd) {
          closed.push(fd);
          libc!.close(fd);
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
      silentMs: 10_000,
      log: () => {},
      supplier: () => {},
      delayed: () => {},
      died: () => {},
    });
    await link.started;
    const sessions = ["a", "b", "c"].map((callId) =>
      link.open({ callId, assistant: loadedAssistant() }, {
        opened: () => {},
        failed: () => {},
        fact: () => {},
        finished: () => {},
        lost: () => {},
      })
    );
    const peers = [];
    for (const _ of sessions) peers.push(await model.accept());
    const buffer = new Uint8Array(4096);
    const ends = peers.map(async (peer) => {
      try {
        while (await peer.read(buffer) !== null);
      } catch {
        // What we had sent and nobody read makes it a reset.
      }
    });
    await sessions[0].close(1000);
    await Promise.any(ends);
    link.terminate();
    await Promise.all(ends);
    await until(() => closed.length === 2);
    assert.equal(new Set(closed).size, 2);
    for (const peer of peers) peer.close();
    model.close();
  },
});
