import assert from "node:assert/strict";
import { sumMetric } from "../../tools/metrics_text.ts";
import { type NodeRig, withNode } from "../support/node_rig.ts";
import { listOpenFiles } from "../support/open_files.ts";
import { readProc } from "../support/read_proc.ts";

const CALLS = 500;
const AT_ONCE = 10;
/** What is open for longer than this was left behind. */
const SETTLE_MS = 10_000;
/** Growth that a settled heap shows by itself. */
const SLACK_BYTES = 64 * 1024 * 1024;

async function carryCalls(rig: NodeRig, count: number): Promise<void> {
  let left = count;
  const caller = async () => {
    while (left-- > 0) {
      const heard = Promise.withResolvers<void>();
      const call = rig.call({ heard: () => heard.resolve() });
      await Promise.race([heard.promise, call.ended]);
      call.hangUp();
      assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
}

/** Waits until every call's end was logged, then measures. */
async function measure(rig: NodeRig, endedCalls: number) {
  let seen = 0;
  await rig.logged("The call has ended", () => ++seen >= endedCalls);
  const metrics = await rig.server.metrics();
  const fds = listOpenFiles(rig.server.pid).length;
  const status = readProc("cat", `/proc/${rig.server.pid}/status`);
  const rssBytes = Number(/VmRSS:\s+(\d+)/.exec(status)![1]) * 1024;
  return { metrics, fds, rssBytes };
}

/** Measures until the last connections have closed, which the end of their call does not wait for. */
async function settled(rig: NodeRig, mostFds: number) {
  const deadlineMs = performance.now() + SETTLE_MS;
  for (;;) {
    const found = await measure(rig, CALLS);
    const isSettled = found.fds <= mostFds &&
      rig.stepFun.sessions().length === 0;
    if (isSettled || performance.now() > deadlineMs) return found;
  }
}

Deno.test("500 calls in turn leave no socket, place, session or memory behind", async () => {
  await withNode({ environment: { LOG_LEVEL: "info" } }, async (rig) => {
    await carryCalls(rig, CALLS / 2);
    const before = await measure(rig, CALLS / 2);
    await carryCalls(rig, CALLS / 2);
    // Keep-alive connections of this test to /metrics may differ by one or two.
    const after = await settled(rig, before.fds + 2);
    assert.ok(after.fds <= before.fds + 2, `${before.fds} → ${after.fds} fds`);
    assert.deepEqual(rig.stepFun.sessions(), []);
    assert.equal(sumMetric(after.metrics, "vapi_calls_total"), CALLS);
    assert.equal(sumMetric(after.metrics, "vapi_active_calls"), 0);
    assert.equal(sumMetric(after.metrics, "vapi_shard_calls"), 0);
    const grown = after.rssBytes - before.rssBytes;
    assert.ok(grown < SLACK_BYTES, `memory grew by ${grown} bytes`);
    assert.deepEqual(rig.freeSwitch.violations, []);
  });
});
