import assert from "node:assert/strict";
import { sumMetric } from "../../tools/metrics_text.ts";
import { ThreadAim } from "../../tools/chaos/thread_aim.ts";
import { until } from "../support/fake_timers.ts";
import { withNode } from "../support/node_rig.ts";

Deno.test("calls whose shard is killed go on in its successor, and nobody is hung up", async () => {
  const stepFun = { mode: "duplex" } as const;
  const environment = { SHARDS: "1" };
  await withNode({ debug: true, stepFun, environment }, async (rig) => {
    const calls = Array.from({ length: 4 }, () => rig.call());
    let up = 0;
    await rig.logged("The call has audio", () => ++up === calls.length);
    const aim = await ThreadAim.take(rig.server.debuggerUrl!);
    await aim.fire("shard");
    await aim.close();
    let back = 0;
    await rig.logged("The conversation goes on", () => ++back === calls.length);
    const text = await rig.server.metrics();
    const after = 'after="shard"';
    assert.equal(sumMetric(text, "vapi_calls_resumed_total", after), 4);
    assert.equal(sumMetric(text, "vapi_active_calls"), 4);
    for (const call of calls) {
      call.hangUp();
      assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    }
  });
});

Deno.test("calls go on with another media thread when theirs is killed, and hear and are heard", async () => {
  const stepFun = { mode: "duplex" } as const;
  await withNode({ debug: true, stepFun, environment: {} }, async (rig) => {
    const calls = Array.from({ length: 4 }, () => rig.call());
    let up = 0;
    await rig.logged("The call has audio", () => ++up === calls.length);
    const aim = await ThreadAim.take(rig.server.debuggerUrl!);
    await aim.fire("media");
    await aim.close();
    await rig.logged("The media thread has ended and is started again");
    const before = calls.map(({ stats }) => stats.framesHeard);
    await until(() =>
      calls.every(({ stats }, i) => stats.framesHeard > before[i] + 10)
    );
    const text = await rig.server.metrics();
    const media = 'shard="media"';
    assert.equal(sumMetric(text, "vapi_shard_restarts_total", media), 1);
    assert.equal(sumMetric(text, "vapi_active_calls"), 4);
    for (const call of calls) {
      call.hangUp();
      assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    }
  });
});
