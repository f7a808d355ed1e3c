import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { ShardPool } from "../../src/router/shard_pool.ts";
import type { StartShardThread } from "../../src/router/shard_thread.ts";
import { shardThreads } from "../../src/router/shard_thread.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { LINK_SETTINGS } from "../support/call_rig.ts";
import { loadedAssistant } from "../support/config_sources.ts";
import { until } from "../support/fake_timers.ts";

const BAD_SHARD = new URL("../support/bad_shard.ts", import.meta.url);
const SILENT_MS = 1500;

/** The first thread misbehaves, those that replace it are real shards. */
function badThenGood(fault: "loop" | "hoard"): StartShardThread {
  const real = shardThreads({ heapMb: 512 });
  let started = 0;
  return (shard, events) => {
    if (started++ > 0) return real(shard, events);
    const worker = new Worker(BAD_SHARD, {
      workerData: fault,
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    worker.on("message", (message) => events.heard(message));
    worker.on("error", (error) => events.died(error));
    worker.on("exit", (code) => events.died(new Error(`exit ${code}`)));
    return {
      post: (message) => worker.postMessage(message),
      end: () => void worker.terminate(),
      abandon: () => void worker.terminate(),
    };
  };
}

for (
  const [fault, why] of [
    ["loop", /No sign of life/],
    ["hoard", /exit|memory|No sign of life/],
  ] as const
) {
  Deno.test(`a shard that ${fault === "loop" ? "loops for ever" : "fills its heap"} is noticed and replaced, and the process goes on`, async () => {
    const deaths: unknown[] = [];
    const restarted: number[] = [];
    const pool = new ShardPool({
      shards: 1,
      start: badThenGood(fault),
      settings: LINK_SETTINGS,
      silentMs: SILENT_MS,
      log: {
        ...SILENT_LOG,
        error: (_message: string, fields?: { error?: unknown }) =>
          deaths.push(fields?.error),
      } as typeof SILENT_LOG,
      logSink: () => {},
      restarted: (shard) => restarted.push(shard),
      delayed: () => {},
      supplierTried: () => {},
    });
    try {
      await pool.started();
      const lost: boolean[] = [];
      pool.of("a")!.open({ callId: "a", assistant: loadedAssistant() }, {
        opened: () => {},
        failed: () => {},
        fact: () => {},
        finished: () => {},
        functionCalled: () => {},
        lost: (atWork) => lost.push(atWork),
      });
      await until(() => lost.length > 0);
      assert.deepEqual(restarted, [0]);
      assert.match(String(deaths[0]), why);
      assert.ok(await pool.waitFor("a", 10_000) !== undefined);
    } finally {
      pool.close();
    }
  });
}
