import assert from "node:assert/strict";
import { type RedisFault, startRedisProxy } from "../support/redis_proxy.ts";
import { type RedisServer, startRedis } from "../support/redis_server.ts";
import {
  onlyOnce,
  openStoreNode,
  readStream,
  type StoreNode,
} from "../support/store_node.ts";
import {
  eventOf,
  eventually,
  recordOf,
  written,
} from "../support/store_rig.ts";

/** Longer than a take may last that was given 200 ms, on a slow machine too. */
const SOON_MS = 1500;

async function seqsIn(redis: RedisServer, callId: string) {
  const answer = await redis.ask("XRANGE", "vapi:events", "-", "+");
  return onlyOnce(readStream(answer)).filter((event) => event.callId === callId)
    .map(({ seq }) => seq);
}

/** A call comes and talks while nothing can be written. */
async function talk({ store }: StoreNode, callId: string) {
  const startMs = performance.now();
  const { epoch, earlier } = await store.calls.take(callId, 200);
  assert.ok(performance.now() - startMs < SOON_MS, "the call waits too long");
  assert.ok(Number.isSafeInteger(epoch) && epoch >= 1);
  assert.equal(earlier, undefined);
  for (let seq = 1; seq <= 20; seq++) {
    store.events.append(eventOf(callId, "turn", seq));
  }
  store.calls.save(recordOf(callId));
  store.costs.add(2);
}

/** The node has seen the trouble, more than once, and has said so once. */
async function suffers({ store, logged }: StoreNode) {
  await eventually(() => !store.health.up, "the trouble is noticed");
  const before = store.health.errors;
  await eventually(
    () => store.health.errors >= before + 3 && !store.health.up,
    "it is tried again and again",
  );
  assert.ok(store.health.waiting > 0, "something waits");
  const said = logged.filter(({ level }) => level !== "info");
  assert.equal(said.length, 1, JSON.stringify(said));
}

/** All that waited is there, in order, and the node says that Redis is back. */
async function recovers(node: StoreNode, redis: RedisServer, callId: string) {
  await written(node.store);
  await eventually(() => node.store.health.up, "Redis is back");
  const numbers = Array.from({ length: 20 }, (_, i) => i + 1);
  assert.deepEqual(await seqsIn(redis, callId), numbers);
  const status = await redis.ask("HGET", `session:${callId}`, "status");
  assert.equal(status, "active");
  assert.equal(node.store.costs.spentTodayCny, 2);
}

Deno.test("a Redis that has become a replica (READONLY) is tried again until it is a master", async () => {
  await using redis = await startRedis();
  await using node = openStoreNode(redis.url);
  await eventually(() => node.store.health.up, "Redis can be reached");
  await redis.ask("REPLICAOF", "127.0.0.1", "1");
  await talk(node, "a");
  await suffers(node);
  await redis.ask("REPLICAOF", "NO", "ONE");
  await recovers(node, redis, "a");
});

Deno.test("a replica that is older than Redis 7 says so behind where a script failed, and is tried again", async () => {
  await using redis = await startRedis();
  await using proxy = startRedisProxy(redis.port);
  await using node = openStoreNode(proxy.url);
  await eventually(() => node.store.health.up, "Redis can be reached");
  const where = "ERR Error running script (call to f_0): @user_script:12:";
  proxy.fault = { answer: `-${where} -READONLY You can't write.\r\n` };
  await talk(node, "a");
  await suffers(node);
  proxy.fault = undefined;
  await recovers(node, redis, "a");
});

Deno.test("a Redis that refuses first and then hangs is connected to anew", async () => {
  await using redis = await startRedis();
  await using proxy = startRedisProxy(redis.port);
  await using node = openStoreNode(proxy.url);
  await eventually(() => node.store.health.up, "Redis can be reached");
  proxy.fault = { answer: "-READONLY You can't write.\r\n" };
  await talk(node, "a");
  await suffers(node);
  const { accepted } = proxy;
  proxy.fault = {};
  await eventually(() => proxy.accepted > accepted, "it is connected anew");
  proxy.fault = undefined;
  await recovers(node, redis, "a");
});

Deno.test("a Redis whose memory is full (OOM) is tried again until there is room", async () => {
  await using redis = await startRedis();
  await using node = openStoreNode(redis.url);
  await eventually(() => node.store.health.up, "Redis can be reached");
  await redis.ask("CONFIG", "SET", "maxmemory", "1");
  await talk(node, "a");
  await suffers(node);
  await redis.ask("CONFIG", "SET", "maxmemory", "0");
  await recovers(node, redis, "a");
});

const FAULTS: ReadonlyArray<[what: string, fault: RedisFault]> = [
  ["that loads its data (LOADING)", {
    answer: "-LOADING Redis is loading the dataset in memory\r\n",
  }],
  ["that wants a password (NOAUTH)", {
    answer: "-NOAUTH Authentication required.\r\n",
  }],
  ["that has lost its master (MASTERDOWN)", {
    answer: "-MASTERDOWN Link with MASTER is down\r\n",
  }],
  ["that is a cluster's node (MOVED)", {
    answer: "-MOVED 1234 127.0.0.1:1\r\n",
  }],
  ["that is no Redis", {
    answer: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
  }],
  ["that answers bytes at random", { answer: "\x00\xff\x13\x07\r\n\r\n*" }],
  ["that hangs up in the middle of an answer", {
    answer: "$100\r\nhalf",
    hangsUp: true,
  }],
  ["that hangs up at once", { answer: "", hangsUp: true }],
  ["that says nothing", {}],
];

for (const [what, fault] of FAULTS) {
  Deno.test(`a Redis ${what} costs no call anything, and gets what waited when it is well`, async () => {
    await using redis = await startRedis();
    await using proxy = startRedisProxy(redis.port);
    await using node = openStoreNode(proxy.url);
    await eventually(() => node.store.health.up, "Redis can be reached");
    proxy.fault = fault;
    await talk(node, "a");
    await suffers(node);
    proxy.fault = undefined;
    await recovers(node, redis, "a");
  });
}

/** Answers that Redis' protocol allows, to commands that have others: they may be believed. */
const LIES = [
  ":7\r\n",
  ":-1\r\n",
  "+OK\r\n",
  "$-1\r\n",
  "*-1\r\n",
  "*0\r\n",
  "$3\r\nNaN\r\n",
  "*2\r\n:-5\r\n$1\r\nx\r\n",
  "*2\r\n$1\r\n9\r\n:1\r\n",
  "*2\r\n:9007199254740993\r\n*0\r\n",
  "*2\r\n*0\r\n*1\r\n*1\r\n*0\r\n",
  "*2\r\n:3\r\n*3\r\n$7\r\nversion\r\n$-1\r\n:1\r\n",
];

for (const answer of LIES) {
  Deno.test(`a Redis that answers ${JSON.stringify(answer)} to everything breaks nothing`, async () => {
    await using redis = await startRedis();
    await using proxy = startRedisProxy(redis.port);
    await using node = openStoreNode(proxy.url);
    await eventually(() => node.store.health.up, "Redis can be reached");
    proxy.fault = { answer };
    const { calls, events, costs } = node.store;
    const { epoch, earlier } = await calls.take("a", 200);
    assert.ok(Number.isSafeInteger(epoch) && epoch >= 1, `epoch ${epoch}`);
    assert.equal(earlier, undefined);
    calls.save(recordOf("a"));
    events.append(eventOf("a", "started"));
    costs.add(1);
    await calls.part("a", { ended: eventOf("a", "ended", 2), withinMs: 100 });
    await eventually(() => proxy.faulty > 20, "it has answered often");
    assert.ok(Number.isFinite(costs.spentTodayCny));
    assert.ok(costs.spentTodayCny >= 0, `${costs.spentTodayCny} CNY`);
    proxy.fault = undefined;
    await eventually(() => node.store.health.up, "Redis is back");
    await calls.take("b", 1000);
    events.append(eventOf("b", "started"));
    calls.save(recordOf("b"));
    await written(node.store);
    assert.deepEqual(await seqsIn(redis, "b"), [1]);
    assert.equal(await redis.ask("HGET", "session:b", "status"), "active");
  });
}

Deno.test("a Redis that is not there at the start is found when it comes, and a store that never found it closes", async () => {
  const redis = await startRedis();
  await redis.kill();
  await using node = openStoreNode(redis.url);
  const lonely = openStoreNode(redis.url);
  await talk(node, "a");
  await eventually(() => node.logged.length > 0, "it is said");
  await lonely.store.close(50);
  await redis.start();
  await recovers(node, redis, "a");
  await redis[Symbol.asyncDispose]();
});
