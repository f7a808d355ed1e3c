import assert from "node:assert/strict";
import { ShardLink } from "../../src/router/shard_link.ts";
import { LINK_SETTINGS } from "../support/call_rig.ts";
import { FakeTimers } from "../support/fake_timers.ts";
import { FakeWorker } from "../support/fake_worker.ts";

Deno.test("a shard that takes its time to start is no sign of overload; one that serves and is late is", () => {
  using timers = new FakeTimers();
  const worker = new FakeWorker();
  const delays: number[] = [];
  const link = new ShardLink({
    shard: 0,
    start: worker.start,
    settings: LINK_SETTINGS,
    silentMs: 800,
    log: () => {},
    supplier: () => {},
    delayed: (delayMs) => delays.push(delayMs),
    died: () => {},
  });
  timers.sleep(5000);
  link.beat(0);
  assert.deepEqual(delays, []);
  worker.say({ type: "started" });
  worker.answersPing = false;
  link.beat(0);
  timers.sleep(300);
  link.beat(0);
  assert.deepEqual(delays, [300]);
});
