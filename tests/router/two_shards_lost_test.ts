import assert from "node:assert/strict";
import { DeskRig, hangUp } from "../support/desk_rig.ts";
import { settle } from "../support/fake_timers.ts";

Deno.test("a call goes on in a third shard when two die at once", async () => {
  using rig = new DeskRig({ shards: 2 });
  const control = await rig.receive("a");
  const dead = [...rig.workers.made];
  const first = dead.findIndex(({ postedTypes }) =>
    postedTypes.includes("open")
  );
  dead[first].say({ type: "opened", callId: "a" });
  await settle();
  for (const worker of dead) worker.answersPing = false;
  await rig.timers.pass(5000);
  const fresh = rig.workers.made.slice(2);
  assert.equal(fresh.length, 2);
  for (const worker of fresh) worker.say({ type: "started" });
  await settle();
  const opened = fresh.filter(({ postedTypes }) =>
    postedTypes.includes("open")
  );
  assert.equal(opened.length, 1);
  assert.equal(rig.desk.size, 1);
  await hangUp(control);
  assert.equal(rig.desk.size, 0);
  assert.equal(rig.rings.lent, 0);
});
