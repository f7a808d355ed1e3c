import assert from "node:assert/strict";
import { startRedis } from "../support/redis_server.ts";
import { openStoreNode } from "../support/store_node.ts";
import { eventually, recordOf, written } from "../support/store_rig.ts";

Deno.test("what waits of a call while Redis is away does not grow with the time, and the newest is written", async () => {
  await using redis = await startRedis();
  await using node = openStoreNode(redis.url, { times: { pulseMs: 5 } });
  const { calls } = node.store;
  await eventually(() => node.store.health.up, "Redis can be reached");
  await calls.take("a", 1000);
  await redis.kill();
  await eventually(() => !node.store.health.up, "Redis is missed");
  const endMs = performance.now() + 1500;
  let saved = 0;
  await eventually(() => {
    calls.save(recordOf("a", `text ${saved++}`));
    return performance.now() > endMs;
  }, "time passes");
  const { waiting } = node.store.health;
  assert.ok(saved > 50, `${saved} records`);
  assert.ok(waiting <= 2, `${waiting} writes wait`);
  await redis.start();
  await written(node.store);
  const { earlier } = await calls.take("a", 1000);
  assert.equal(earlier?.transcript[0].text, `text ${saved - 1}`);
});

Deno.test("calls that are refused while Redis is away leave nothing that waits", async () => {
  await using redis = await startRedis();
  await using node = openStoreNode(redis.url, { times: { pulseMs: 60_000 } });
  const { calls } = node.store;
  await eventually(() => node.store.health.up, "Redis can be reached");
  await redis.kill();
  await eventually(() => !node.store.health.up, "Redis is missed");
  for (let i = 0; i < 100; i++) {
    await calls.take(`${i}`, 1000);
    calls.finish(`${i}`);
  }
  assert.equal(node.store.health.waiting, 0);
});
