import assert from "node:assert/strict";
import { type RedisServer, startRedis } from "../support/redis_server.ts";
import { openStoreNode, readStream } from "../support/store_node.ts";
import {
  eventOf,
  eventually,
  recordOf,
  written,
} from "../support/store_rig.ts";

/** Long enough that a slow machine renews in time. */
const LEASE_MS = 1200;
const TIMES = { leaseMs: LEASE_MS };

async function endsIn(redis: RedisServer): Promise<string[]> {
  const answer = await redis.ask("XRANGE", "vapi:events", "-", "+");
  return readStream(answer).filter(({ type }) => type === "ended")
    .map(({ callId }) => callId);
}

/** Nothing is done but to let time pass. */
async function pass(ms: number) {
  const endMs = performance.now() + ms;
  await eventually(() => performance.now() > endMs, `${ms} ms are over`);
}

Deno.test("a node without calls sees by itself that Redis is well again", async () => {
  await using redis = await startRedis();
  await using node = openStoreNode(redis.url);
  await eventually(() => node.store.health.up, "Redis can be reached");
  await redis.ask("CONFIG", "SET", "maxmemory", "1");
  await eventually(() => !node.store.health.up, "the trouble is noticed");
  await redis.ask("CONFIG", "SET", "maxmemory", "0");
  await eventually(() => node.store.health.up, "it is well again");
});

Deno.test("an outage that is longer than a lease ends no call that lives", async () => {
  await using redis = await startRedis();
  await using one = openStoreNode(redis.url, { node: "one", times: TIMES });
  await using two = openStoreNode(redis.url, { node: "two", times: TIMES });
  const nodes = [one, two];
  await eventually(() => nodes.every(({ store }) => store.health.up), "both");
  const ids = Array.from({ length: 60 }, (_, i) => `call-${i}`);
  for (const [i, callId] of ids.entries()) {
    const { store } = nodes[i % 2];
    await store.calls.take(callId, 1000);
    store.calls.save(recordOf(callId));
  }
  await Promise.all(nodes.map(({ store }) => written(store)));
  for (let round = 0; round < 2; round++) {
    redis.pause();
    await pass(LEASE_MS * 1.5);
    redis.resume();
    await eventually(
      () => nodes.every(({ store }) => store.health.up),
      "both are back",
    );
    await pass(LEASE_MS);
  }
  assert.deepEqual(nodes.flatMap(({ taken }) => taken), []);
  assert.deepEqual(await endsIn(redis), []);
  assert.deepEqual(nodes.map(({ store }) => store.health.swept), [0, 0]);
  for (const [i, callId] of ids.entries()) {
    nodes[i % 2].store.events.append(eventOf(callId, "ended", 2));
    nodes[i % 2].store.calls.finish(callId);
  }
  await Promise.all(nodes.map(({ store }) => written(store)));
  assert.deepEqual((await endsIn(redis)).toSorted(), ids.toSorted());
});

Deno.test("a node whose clock is wrong by an hour sweeps nobody's calls, and has its own swept", async () => {
  await using redis = await startRedis();
  await using right = openStoreNode(redis.url, { node: "right", times: TIMES });
  const wrongs = [-3_600_000, 3_600_000].map((offMs) =>
    openStoreNode(redis.url, {
      node: `wrong${offMs}`,
      times: TIMES,
      wallMs: () => Date.now() + offMs,
    })
  );
  const nodes = [right, ...wrongs];
  try {
    await eventually(() => nodes.every(({ store }) => store.health.up), "all");
    for (const [i, { store }] of nodes.entries()) {
      await store.calls.take(`call-${i}`, 1000);
      store.calls.save(recordOf(`call-${i}`));
    }
    await pass(LEASE_MS * 1.5);
    assert.deepEqual(await endsIn(redis), []);
    for (const wrong of wrongs) await wrong.store.close(0);
    await eventually(
      async () => (await endsIn(redis)).length === 2,
      "the calls of the two are ended",
    );
    assert.deepEqual((await endsIn(redis)).toSorted(), ["call-1", "call-2"]);
  } finally {
    for (const wrong of wrongs) await wrong.store.close(0);
  }
});

for (const kind of ["hangs", "is gone"]) {
  Deno.test(`a store that is closed while Redis ${kind} lets go of everything in time`, async () => {
    await using redis = await startRedis();
    await using node = openStoreNode(redis.url);
    await eventually(() => node.store.health.up, "Redis can be reached");
    await node.store.calls.take("a", 1000);
    if (kind === "hangs") redis.pause();
    else {
      await redis.kill();
      await eventually(() => !node.store.health.up, "Redis is missed");
    }
    node.store.events.append(eventOf("a", "turn"));
    node.store.calls.save(recordOf("a"));
    const startMs = performance.now();
    await node.store.close(200);
    assert.ok(performance.now() - startMs < 5000);
  });
}

Deno.test("a Redis that was restarted empty is told again of the calls that live", async () => {
  await using redis = await startRedis();
  await using one = openStoreNode(redis.url, { node: "one", times: TIMES });
  await eventually(() => one.store.health.up, "Redis can be reached");
  await one.store.calls.take("a", 300);
  one.store.calls.save(recordOf("a", "what was said"));
  await written(one.store);
  await redis.ask("FLUSHALL");
  await eventually(
    async () => /version/.test(await redis.ask("HKEYS", "session:a")),
    "the record is there again",
  );
  await using two = openStoreNode(redis.url, { node: "two", times: TIMES });
  await eventually(() => two.store.health.up, "Redis can be reached");
  const { earlier } = await two.store.calls.take("a", 300);
  assert.equal(earlier?.transcript[0].text, "what was said");
});
