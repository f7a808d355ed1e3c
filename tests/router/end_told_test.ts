import assert from "node:assert/strict";
import { EMPTY_SUMMARY } from "../support/fake_worker.ts";
import { DeskRig, hangUp } from "../support/desk_rig.ts";
import { settle } from "../support/fake_timers.ts";

Deno.test("a call whose figures cannot be counted has its end, once, and gives its place back", async () => {
  using rig = new DeskRig();
  const control = await rig.talk("a");
  const worker = rig.workers.newest;
  worker.answersClose = false;
  await hangUp(control);
  const usage = [{
    supplier: "stepfun",
    uplinkMs: 0,
    downlinkMs: 0,
    inputTokens: -1,
    outputTokens: 0,
  }];
  const summary = { ...EMPTY_SUMMARY, usage };
  worker.say({ type: "closed", callId: "a", summary });
  await settle();
  const ends = rig.store.typesOf("a").filter((type) => type === "ended");
  assert.deepEqual(ends, ["ended"]);
  assert.deepEqual(rig.store.finished, ["a"]);
  assert.deepEqual([rig.desk.size, rig.admission.taken], [0, 0]);
  assert.equal(rig.rings.lent, 0);
});
