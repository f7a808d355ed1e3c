import assert from "node:assert/strict";
import { sumMetric } from "../../tools/metrics_text.ts";
import { withNode } from "../support/node_rig.ts";
import { refused } from "../support/refused.ts";

Deno.test("a caller who hangs up while it rings leaves nothing behind", async () => {
  const environment = { ANSWER_AFTER_MS: "60000" };
  const stepFun = { faults: { noSessionUpdated: true } };
  await withNode({ environment, stepFun }, async (rig) => {
    const call = rig.call();
    await rig.logged("A call has come");
    call.hangUp("ORIGINATOR_CANCEL");
    assert.equal((await call.ended).answered, false);
    const ended = await rig.logged("The call has ended");
    // Before the events are subscribed to, only the connection's end tells.
    const { by } = ended.end as { by: string };
    assert.ok(["hangup", "connection"].includes(by), by);
    const metrics = await rig.server.metrics();
    assert.equal(sumMetric(metrics, "vapi_active_calls"), 0);
    assert.equal(sumMetric(metrics, "vapi_shard_calls"), 0);
    assert.equal(sumMetric(metrics, "vapi_calls_successful_total"), 0);
    assert.equal(sumMetric(metrics, "vapi_calls_abandoned_total"), 1);
  });
});

Deno.test("an event socket that is reset ends its call here while FreeSWITCH goes on with the dialplan", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    call.cutConnection();
    const ended = await rig.logged("The call has ended");
    assert.equal((ended.end as { by: string }).by, "connection");
    await rig.logged("A call goes on here");
    call.hangUp();
    assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    await rig.logged("The call has ended", (line) => line !== ended);
    assert.equal(
      sumMetric(await rig.server.metrics(), "vapi_active_calls"),
      0,
    );
  });
});

Deno.test("a call ends when it has lasted as long as a call may", async () => {
  const environment = { MAX_CALL_SECONDS: "1" };
  await withNode({ environment }, async (rig) => {
    const outcome = await rig.call().ended;
    assert.equal(outcome.cause, "ALLOTTED_TIMEOUT");
    assert.ok(outcome.billMs >= 900, `${outcome.billMs}`);
    const ended = await rig.logged("The call has ended");
    assert.deepEqual(ended.end, { by: "limit" });
  });
});

Deno.test("a call without audio from FreeSWITCH is ended with a cause after two seconds", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call();
    call.fault.uplinkSilent = true;
    const outcome = await call.ended;
    assert.equal(outcome.cause, "MEDIA_TIMEOUT");
    // Well before the guard of 30 s, also on a busy machine.
    assert.ok(outcome.billMs > 1900 && outcome.billMs < 15_000);
    const ended = await rig.logged("The call has ended");
    assert.equal((ended.end as { by: string }).by, "media");
  });
});

Deno.test("a codec whose frames we do not carry is refused with its reason", async () => {
  await withNode({}, async (rig) => {
    const call = rig.call({
      codec: { name: "PCMA", rateHz: 8000, frameMs: 50 },
    });
    assert.equal((await call.ended).cause, "INCOMPATIBLE_DESTINATION");
    const ended = await rig.logged("The call has ended");
    const { by, message } = ended.end as { by: string; message: string };
    assert.equal(by, "format");
    assert.match(message, /PCMA at 8000 Hz in frames of 50 ms/);
  });
});

Deno.test("SIGTERM lets running calls finish, takes no new ones and exits with 0", async () => {
  const environment = { DRAIN_SECONDS: "60" };
  await withNode({ environment }, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    rig.server.kill("SIGTERM");
    await rig.logged("The server stops taking calls");
    await refused(rig.server.eslPort);
    const late = rig.call();
    assert.equal((await late.ended).cause, "NORMAL_TEMPORARY_FAILURE");
    const ready = await fetch(`${rig.server.httpUrl}/ready`);
    assert.equal(ready.status, 503);
    assert.ok((await ready.json()).reasons.includes("draining"));
    call.hangUp();
    assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    assert.equal(await rig.server.exited, 0);
  });
});

Deno.test("calls that outlast the drain's deadline are left to the dialplan", async () => {
  const environment = { DRAIN_SECONDS: "1" };
  await withNode({ environment }, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    rig.server.kill("SIGTERM");
    assert.equal((await call.ended).cause, "NORMAL_TEMPORARY_FAILURE");
    assert.equal(await rig.server.exited, 0);
    const ended = await rig.logged("The call has ended");
    assert.deepEqual(ended.end, { by: "drain" });
  });
});

Deno.test("one Ctrl-C that is delivered twice drains, and cuts no call", async () => {
  const environment = { DRAIN_SECONDS: "60" };
  await withNode({ environment }, async (rig) => {
    const call = rig.call();
    await rig.logged("The call has audio");
    rig.server.kill("SIGINT");
    rig.server.kill("SIGINT");
    await rig.logged("The server stops taking calls");
    call.hangUp();
    assert.equal((await call.ended).cause, "NORMAL_CLEARING");
    assert.equal(await rig.server.exited, 0);
  });
});
