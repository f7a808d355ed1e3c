import assert from "node:assert/strict";
import { allocateWorkMark, WorkMark } from "../../src/ring/work_mark.ts";

/** The ends of two threads. */
function twoEnds() {
  const memory = allocateWorkMark();
  return [new WorkMark(memory), new WorkMark(memory)] as const;
}

Deno.test("work within work goes back to whose it was before", () => {
  const [worker, watcher] = twoEnds();
  assert.equal(watcher.current, undefined);
  const nobody = worker.begin(3);
  const third = worker.begin(4);
  assert.equal(watcher.current, 4);
  worker.end(third);
  assert.equal(watcher.current, 3);
  worker.end(nobody);
  assert.equal(watcher.current, undefined);
});

Deno.test("rounds are counted, and the latest one is told once", () => {
  const [worker, watcher] = twoEnds();
  worker.round();
  worker.round();
  assert.equal(watcher.rounds, 2);
  for (const ms of [1.5, 12.25, 3, 1e12]) worker.late(ms);
  assert.equal(watcher.takeLateMs(), 1e6);
  worker.late(2.5);
  assert.equal(watcher.takeLateMs(), 2.5);
  assert.equal(watcher.takeLateMs(), 0);
});

Deno.test("a thread is known by its number, and knows that it was dismissed", () => {
  const [worker, watcher] = twoEnds();
  assert.equal(watcher.thread, undefined);
  worker.introduce(4711);
  assert.equal(watcher.thread, 4711);
  assert.ok(!worker.isDismissed);
  watcher.dismiss();
  assert.ok(worker.isDismissed);
});
