import assert from "node:assert/strict";
import { DeskRig, hangUp } from "../support/desk_rig.ts";
import { settle } from "../support/fake_timers.ts";

Deno.test("FreeSWITCH that comes back while the store is still asked for the call is served", async () => {
  using rig = new DeskRig();
  const asked = Promise.withResolvers<void>();
  rig.store.taking = asked.promise;
  const first = await rig.receive("a");
  const second = await rig.receive("a");
  await rig.timers.pass(200);
  assert.deepEqual(second.told, []);
  asked.resolve();
  await settle();
  first.says.closed("reset");
  await rig.timers.pass(100);
  assert.equal(first.told.at(-1), "leave");
  rig.workers.newest.say({ type: "opened", callId: "a" });
  await settle();
  assert.deepEqual(second.told.slice(0, 2), ["takeOver", "answer"]);
  assert.equal(rig.admission.taken, 1);
  await hangUp(second);
});

Deno.test("FreeSWITCH that comes back is served although a hanging shard and a hanging store hold the call before", async () => {
  using rig = new DeskRig();
  const first = await rig.talk("a");
  rig.workers.newest.answersClose = false;
  const { part } = rig.store.calls;
  rig.store.calls.part = async (callId, how) => {
    await new Promise((resolve) => setTimeout(resolve, how.withinMs));
    await part(callId, how);
  };
  const second = await rig.receive("a");
  await rig.timers.pass(500);
  first.says.closed("reset");
  await rig.timers.pass(3000);
  assert.equal(second.told[0], "takeOver");
  await hangUp(second);
  await rig.timers.pass(5000);
});
