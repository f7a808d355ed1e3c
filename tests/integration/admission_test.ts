import assert from "node:assert/strict";
import { sumMetric } from "../../tools/metrics_text.ts";
import { ROUNDS, withNode } from "../support/node_rig.ts";

Deno.test("exactly MAX_CONNECTIONS calls are answered when more come at once, and the rest go on in the dialplan", async () => {
  const environment = { MAX_CONNECTIONS: "5" };
  await withNode({ environment }, async (rig) => {
    const calls = Array.from({ length: 20 }, () => rig.call());
    const answers = await Promise.allSettled(
      calls.map((call) => call.answered),
    );
    const answered = calls.filter((_, i) => answers[i].status === "fulfilled");
    assert.equal(answered.length, 5);
    const refused = calls.filter((call) => !answered.includes(call));
    for (const call of refused) {
      const outcome = await call.ended;
      assert.equal(outcome.cause, "NORMAL_CIRCUIT_CONGESTION");
      assert.equal(outcome.answered, false);
      assert.ok(
        outcome.actionsRun.some((action) => action.startsWith("hangup")),
        outcome.actionsRun.join(),
      );
    }
    const metrics = await rig.server.metrics();
    assert.equal(
      sumMetric(metrics, "vapi_calls_refused_total", 'reason="capacity"'),
      15 * ROUNDS,
    );
    for (const call of answered) call.hangUp();
    await Promise.all(answered.map((call) => call.ended));
    // The places are free again.
    await rig.logged("The call has ended");
    const next = rig.call();
    await next.answered;
    next.hangUp();
    await next.ended;
  });
});

Deno.test("a second connection with a call's UUID is refused and the first call goes on", async () => {
  await withNode({}, async (rig) => {
    const first = rig.call();
    await rig.logged("The call has audio");
    const conn = await Deno.connect({ port: rig.server.eslPort });
    await conn.read(new Uint8Array(64));
    await conn.write(new TextEncoder().encode(
      `Event-Name: CHANNEL_DATA\nUnique-ID: ${first.uuid}\nAnswer-State: ringing\nContent-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`,
    ));
    const line = await rig.logged("A call was refused");
    assert.equal(line.reason, "duplicate");
    while (await conn.read(new Uint8Array(64)) !== null);
    conn.close();
    const heard = first.stats.framesSent;
    await rig.logged("The assistant said something");
    assert.ok(first.stats.framesSent >= heard);
    first.hangUp();
    assert.equal((await first.ended).cause, "NORMAL_CLEARING");
  });
});
