import assert from "node:assert/strict";
import type { ToShard } from "../../src/shard/protocol.ts";
import { CallRig } from "../support/call_rig.ts";
import { settle } from "../support/fake_timers.ts";
import { FakeWorker } from "../support/fake_worker.ts";

/** Whether the caller is on hold, as each of a shard's messages says it. */
function heldTold(worker: FakeWorker): boolean[] {
  return (worker.posted as ToShard[]).flatMap((message) => {
    if (message.type === "open") return [message.held ?? false];
    return message.type === "hold" ? [message.isHeld] : [];
  });
}

Deno.test("a session is told when its caller is put on hold and goes on, each once", async () => {
  using rig = new CallRig();
  await rig.talk();
  for (const held of [true, true, false, false, true]) {
    rig.control.says.held(held);
  }
  assert.deepEqual(heldTold(rig.worker), [false, true, false, true]);
});

Deno.test("a call that comes on hold, or loses its shard on hold, begins its session on hold", async () => {
  using rig = new CallRig(undefined, { held: true });
  await rig.talk();
  rig.control.says.held(false);
  rig.control.says.held(true);
  const other = new FakeWorker();
  rig.replaceShard(other);
  await settle();
  assert.deepEqual(heldTold(rig.worker), [true, false, true]);
  assert.deepEqual(heldTold(other), [true]);
});
