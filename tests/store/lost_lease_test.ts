import assert from "node:assert/strict";
import { startRedisProxy } from "../support/redis_proxy.ts";
import { type RedisServer, startRedis } from "../support/redis_server.ts";
import { openStoreNode, readStream } from "../support/store_node.ts";
import {
  eventOf,
  eventually,
  recordOf,
  written,
} from "../support/store_rig.ts";

async function endsIn(redis: RedisServer) {
  const answer = await redis.ask("XRANGE", "vapi:events", "-", "+");
  return readStream(answer).filter(({ type }) => type === "ended");
}

/** Resolves when so much real time has passed. */
async function pass(ms: number): Promise<void> {
  const endMs = performance.now() + ms;
  await eventually(() => performance.now() > endMs, "time passes");
}

Deno.test("a call that was swept while its node could not reach Redis goes on, and its end is told once", async () => {
  await using redis = await startRedis();
  await using proxy = startRedisProxy(redis.port);
  await using first = openStoreNode(proxy.url);
  await using second = openStoreNode(redis.url, { node: "node-2" });
  await eventually(() => first.store.health.up, "Redis can be reached");
  await first.store.calls.take("a", 1000);
  first.store.calls.save(recordOf("a"));
  await written(first.store);
  proxy.fault = {};
  await eventually(() => second.store.health.swept === 1, "it is swept");
  await eventually(() => !first.store.health.up, "it is cut off");
  proxy.fault = undefined;
  first.store.calls.save(recordOf("a", "still here"));
  await written(first.store);
  assert.deepEqual(first.taken, []);
  first.store.events.append(eventOf("a", "ended", 9));
  first.store.calls.finish("a");
  await written(first.store);
  const ends = await endsIn(redis);
  assert.deepEqual(ends.map(({ data }) => data.by), ["node_lost"]);
});

Deno.test("a node that has just reached Redis sweeps nobody who may have been cut off as well", async () => {
  await using redis = await startRedis();
  await using proxy = startRedisProxy(redis.port);
  await using first = openStoreNode(proxy.url);
  await eventually(() => first.store.health.up, "Redis can be reached");
  await first.store.calls.take("a", 1000);
  first.store.calls.save(recordOf("a"));
  await written(first.store);
  proxy.fault = {};
  await pass(800);
  const times = { leaseMs: 60_000 };
  await using _second = openStoreNode(redis.url, { node: "node-2", times });
  const isShown = async () =>
    (await redis.ask("EXISTS", "node:node-2")) === ":1";
  await eventually(isShown, "the second has looked around");
  await pass(300);
  proxy.fault = undefined;
  await eventually(() => first.store.health.up, "the first is back");
  await written(first.store);
  await pass(300);
  assert.deepEqual(await endsIn(redis), []);
  assert.deepEqual(first.taken, []);
});

Deno.test("a call that is renewed while it is being swept is not lost by its node", async () => {
  await using redis = await startRedis();
  await using node = openStoreNode(redis.url);
  await eventually(() => node.store.health.up, "Redis can be reached");
  await node.store.calls.take("a", 1000);
  node.store.calls.save(recordOf("a"));
  await written(node.store);
  const owner = await redis.ask("HGET", "session:a", "owner");
  await redis.ask("HSET", "session:a", "owner", "sweeper/somebody");
  node.store.calls.save(recordOf("a", "still here"));
  await written(node.store);
  assert.deepEqual(node.taken, []);
  assert.equal(await redis.ask("HGET", "session:a", "owner"), owner);
});
