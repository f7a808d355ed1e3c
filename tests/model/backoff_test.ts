import assert from "node:assert/strict";
import { backoffMs } from "../../src/model/backoff.ts";
import { pause } from "../../src/model/pause.ts";

Deno.test("the wait is at most 0, 50, 200, 400, 800, 1600, 2000 and 2000 ms after so many failures", () => {
  const most = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => backoffMs(n, () => 1));
  assert.deepEqual(most, [0, 50, 200, 400, 800, 1600, 2000, 2000]);
});

Deno.test("the wait is any part of the most, down to none", () => {
  assert.equal(backoffMs(3, () => 0), 0);
  assert.equal(backoffMs(3, () => 0.25), 100);
  assert.equal(backoffMs(1000, () => 0.5), 1000);
});

Deno.test("a pause ends at once when its signal is aborted, before or during it", async () => {
  const abort = new AbortController();
  const paused = pause(3_600_000, abort.signal);
  abort.abort();
  await paused;
  await pause(3_600_000, abort.signal);
});
