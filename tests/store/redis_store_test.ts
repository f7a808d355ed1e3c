import assert from "node:assert/strict";
import type { CallEvent } from "../../src/store/call_store.ts";
import { RedisStore, type StoreTimes } from "../../src/store/redis_store.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { testStore } from "../contract/store.ts";
import { type RedisServer, startRedis } from "../support/redis_server.ts";
import {
  eventOf,
  eventually,
  recordOf,
  written,
} from "../support/store_rig.ts";

const KEY = { id: "k1", bytes: new Uint8Array(32).fill(7) };
const QUICK = { leaseMs: 600, graceMs: 60_000, pulseMs: 60, commandMs: 500 };

interface NodeOptions {
  readonly node?: string;
  readonly keys?: readonly typeof KEY[];
  readonly times?: Partial<StoreTimes>;
  readonly buffer?: number;
}

/** A store as a node has it; resolves when Redis can be reached. */
async function openNode(redis: RedisServer, options: NodeOptions = {}) {
  const taken: string[] = [];
  const logged: Array<Record<string, unknown>> = [];
  const store = new RedisStore({
    redisUrl: redis.url,
    node: options.node ?? "node-1",
    keys: options.keys ?? [KEY],
    eventsKept: 10_000,
    buffer: options.buffer ?? 1000,
    times: { ...QUICK, ...options.times },
    log: createLog({
      level: "debug",
      showPii: false,
      sink: (line) => logged.push(JSON.parse(line)),
    }),
    onTaken: (callId) => taken.push(callId),
  });
  await eventually(() => store.health.up, "Redis can be reached");
  return {
    store,
    taken,
    logged,
    [Symbol.asyncDispose]: () => store.close(1000),
  };
}

/** The events in the stream, in order. */
async function eventsIn(redis: RedisServer): Promise<CallEvent[]> {
  const lines = (await redis.ask("XRANGE", "vapi:events", "-", "+")).split(
    "\n",
  );
  const events: CallEvent[] = [];
  for (let i = 0; i < lines.length; i++) {
    if (lines[i] !== "type") continue;
    const [, type, , callId, , at, , , , epoch, , seq, , data] = lines.slice(i);
    events.push({
      type: type as CallEvent["type"],
      callId,
      atMs: Number(at),
      epoch: Number(epoch),
      seq: Number(seq),
      data: JSON.parse(data),
    });
  }
  return events;
}

testStore("in Redis", async (graceMs) => {
  const redis = await startRedis();
  const node = await openNode(redis, { times: { graceMs } });
  return {
    store: node.store,
    typesOf: async (callId) =>
      (await eventsIn(redis)).filter((event) => event.callId === callId)
        .map(({ type }) => type),
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]();
      await redis[Symbol.asyncDispose]();
    },
  };
});

Deno.test("a session has the plan's fields, expires, and holds nothing personal in the clear", async () => {
  await using redis = await startRedis();
  await using node = await openNode(redis);
  await node.store.calls.take("a", 1000);
  node.store.calls.save(recordOf("a"));
  await written(node.store);
  const text = await redis.ask("HGETALL", "session:a");
  for (
    const field of [
      "caller",
      "assistantId",
      "createdAt",
      "status",
      "node",
      "shard",
      "transcript",
    ]
  ) {
    assert.match(text, new RegExp(`^${field}$`, "m"));
  }
  assert.match(text, /^status\nactive$/m);
  for (const secret of ["13800138000", "4001234567", "查订单", "您好"]) {
    assert.ok(!text.includes(secret));
  }
  const [, ttl] = /^:(\d+)$/.exec(await redis.ask("TTL", "session:a"))!;
  assert.ok(Number(ttl) > 3500 && Number(ttl) <= 3600);
});

Deno.test("without a key nothing personal is stored, and the call goes on without it", async () => {
  await using redis = await startRedis();
  await using node = await openNode(redis, { keys: [] });
  await node.store.calls.take("a", 1000);
  node.store.calls.save(recordOf("a"));
  await written(node.store);
  const text = await redis.ask("HGETALL", "session:a");
  assert.ok(!/^(caller|called|transcript)$/m.test(text));
  const { earlier } = await node.store.calls.take("a", 1000);
  assert.partialDeepStrictEqual(earlier, { caller: "", transcript: [] });
});

Deno.test("a node that takes a call is its owner; the one before is told, and writes no more", async () => {
  await using redis = await startRedis();
  await using first = await openNode(redis);
  await using second = await openNode(redis, { node: "node-2" });
  await first.store.calls.take("a", 1000);
  first.store.calls.save(recordOf("a", "of the first"));
  await written(first.store);
  const { epoch, earlier } = await second.store.calls.take("a", 1000);
  assert.equal(epoch, 2);
  assert.equal(earlier?.transcript[0].text, "of the first");
  second.store.calls.save(recordOf("a", "of the second"));
  await written(second.store);
  first.store.calls.save(recordOf("a", "too late"));
  await eventually(() => first.taken.length > 0, "the first is told");
  first.store.calls.save(recordOf("a", "too late"));
  await written(first.store);
  assert.deepEqual(first.taken, ["a"]);
  assert.deepEqual(second.taken, []);
  const third = await second.store.calls.take("a", 1000);
  assert.equal(third.earlier?.transcript[0].text, "of the second");
});

Deno.test("a call whose node is lost is ended by one of the others, once", async () => {
  await using redis = await startRedis();
  const lost = await openNode(redis, { node: "lost" });
  for (const callId of ["a", "b", "c"]) {
    await lost.store.calls.take(callId, 1000);
    lost.store.calls.save(recordOf(callId));
  }
  await written(lost.store);
  // As a process that was killed: it renews nothing any more.
  await lost.store.close(0);
  await using one = await openNode(redis, { node: "one" });
  await using two = await openNode(redis, { node: "two" });
  const swept = () => one.store.health.swept + two.store.health.swept;
  await eventually(() => swept() === 3, "all are swept");
  await eventually(
    async () => (await eventsIn(redis)).length >= 3,
    "all are ended",
  );
  const events = await eventsIn(redis);
  assert.deepEqual(events.map(({ callId }) => callId).toSorted(), [
    "a",
    "b",
    "c",
  ]);
  assert.partialDeepStrictEqual(events[0], {
    type: "ended",
    data: { by: "node_lost", node: "lost" },
  });
  // Who was not the first to claim a call may look at it once more.
  const isClear = async () => (await redis.ask("ZCARD", "vapi:live")) === ":0";
  await eventually(isClear, "none is looked at any more");
  assert.equal((await eventsIn(redis)).length, 3);
});

Deno.test("a call that lives is not swept, however long it lasts", async () => {
  await using redis = await startRedis();
  await using node = await openNode(redis, { times: { leaseMs: 300 } });
  await node.store.calls.take("a", 1000);
  node.store.calls.save(recordOf("a"));
  const endMs = performance.now() + 1500;
  await eventually(() => performance.now() > endMs, "five leases are over");
  assert.equal(node.store.health.swept, 0);
  assert.deepEqual(await eventsIn(redis), []);
});

Deno.test("while Redis is away calls are taken and writes wait; all arrives in order when it is back", async () => {
  await using redis = await startRedis();
  await using node = await openNode(redis);
  const { calls, events } = node.store;
  await redis.kill();
  await eventually(() => !node.store.health.up, "Redis is missed");
  const takenMs = performance.now();
  assert.ok((await calls.take("a", 300)).epoch > 1e9);
  assert.ok(performance.now() - takenMs < 250, "nobody waits");
  for (let seq = 1; seq <= 50; seq++) events.append(eventOf("a", "turn", seq));
  calls.save(recordOf("a"));
  assert.ok(node.store.health.waiting > 50);
  await redis.start();
  await written(node.store);
  assert.ok(node.store.health.up);
  const seqs = (await eventsIn(redis)).map(({ seq }) => seq);
  const once = seqs.filter((seq, i) => seqs.indexOf(seq) === i);
  assert.deepEqual(once, Array.from({ length: 50 }, (_, i) => i + 1));
  assert.match(await redis.ask("HGET", "session:a", "status"), /active/);
  const states = node.logged.map(({ message }) => message);
  assert.equal(
    states.filter((each) => /cannot be used/.test(`${each}`)).length,
    1,
  );
});

Deno.test("a Redis that hangs holds nobody up, and what it missed is written when it goes on", async () => {
  await using redis = await startRedis();
  await using node = await openNode(redis);
  redis.pause();
  const takenMs = performance.now();
  assert.ok((await node.store.calls.take("a", 200)).epoch > 1e9);
  assert.ok(performance.now() - takenMs < 1000);
  node.store.events.append(eventOf("a", "started"));
  await eventually(() => !node.store.health.up, "it is noticed");
  redis.resume();
  await eventually(
    async () => (await eventsIn(redis)).length > 0,
    "it is written",
  );
  assert.ok((await eventsIn(redis)).every(({ seq }) => seq === 1));
});

Deno.test("a buffer that is full drops the newest and counts them, but never an end", async () => {
  await using redis = await startRedis();
  await using node = await openNode(redis, { buffer: 10 });
  await redis.kill();
  await eventually(() => !node.store.health.up, "Redis is missed");
  await node.store.calls.take("a", 100);
  for (let seq = 1; seq <= 15; seq++) {
    node.store.events.append(eventOf("a", "turn", seq));
  }
  node.store.events.append(eventOf("a", "ended", 16));
  node.store.calls.finish("a");
  assert.equal(node.store.health.droppedEvents, 6);
  await redis.start();
  await written(node.store);
  const events = await eventsIn(redis);
  assert.deepEqual([...new Set(events.map(({ seq }) => seq))], [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    16,
  ]);
});

Deno.test("two nodes with one name work, and are reported", async () => {
  await using redis = await startRedis();
  await using first = await openNode(redis);
  await eventually(
    async () => (await redis.ask("EXISTS", "node:node-1")) === ":1",
    "the name is shown",
  );
  await using second = await openNode(redis);
  const isReported = () =>
    second.logged.some(({ message }) => /another node has/i.test(`${message}`));
  await eventually(isReported, "the second says so");
  await first.store.calls.take("a", 1000);
  assert.equal((await second.store.calls.take("a", 1000)).epoch, 2);
});

for (
  const [what, field, value] of [
    ["of another version", "version", "2"],
    ["with a time that is none", "createdAt", "yesterday"],
    ["with a transcript that was cut", "transcript", "v1.k1.AAAA"],
    ["with a transcript in the clear", "transcript", "[]"],
    [
      "whose key is unknown",
      "caller",
      "v1.k9.AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAA",
    ],
  ]
) {
  Deno.test(`a record ${what} is not read, and the call goes on`, async () => {
    await using redis = await startRedis();
    await using node = await openNode(redis);
    await node.store.calls.take("a", 1000);
    node.store.calls.save(recordOf("a"));
    await written(node.store);
    await redis.ask("HSET", "session:a", field, value);
    assert.deepEqual(await node.store.calls.take("a", 1000), {
      epoch: 2,
      earlier: undefined,
    });
    assert.ok(!JSON.stringify(node.logged).includes("13800138000"));
  });
}

Deno.test("a key of another kind where a session should be costs that call's record alone", async () => {
  await using redis = await startRedis();
  await using node = await openNode(redis);
  await redis.ask("SET", "session:a", "nonsense");
  assert.equal((await node.store.calls.take("a", 1000)).earlier, undefined);
  node.store.calls.save(recordOf("a"));
  await node.store.calls.take("b", 1000);
  node.store.calls.save(recordOf("b"));
  await written(node.store);
  assert.match(await redis.ask("HGET", "session:b", "status"), /active/);
});

Deno.test("what all nodes have spent is known to each", async () => {
  await using redis = await startRedis();
  await using one = await openNode(redis);
  await using two = await openNode(redis, { node: "node-2" });
  one.store.costs.add(3);
  two.store.costs.add(4);
  const known = () =>
    [one, two].every(({ store }) => store.costs.spentTodayCny === 7);
  await eventually(known, "both know");
});

Deno.test("costs that are told again and again count once, and a Redis that was emptied is told them anew", async () => {
  await using redis = await startRedis();
  await using one = await openNode(redis);
  await using two = await openNode(redis, { node: "node-2" });
  for (const cny of [1, 0.1, 0.2, -3, NaN]) one.store.costs.add(cny);
  two.store.costs.add(2);
  const spent = () =>
    [one, two].map(({ store }) => store.costs.spentTodayCny.toFixed(6));
  const isKnown = () => spent().every((cny) => cny === "3.300000");
  await eventually(isKnown, "both know");
  const evals = async () => {
    const stats = await redis.ask("INFO", "commandstats");
    return Number(/cmdstat_eval:calls=(\d+)/.exec(stats)?.[1]);
  };
  const before = await evals();
  // Each pulse tells it.
  await eventually(async () => await evals() > before + 10, "it is told again");
  assert.ok(isKnown(), `${spent()}`);
  await redis.ask("FLUSHALL");
  one.store.costs.add(0.7);
  await eventually(
    () => spent().every((cny) => cny === "4.000000"),
    "nothing of it is forgotten",
  );
});

Deno.test("a call that was taken while Redis hung has its end all the same, once", async () => {
  await using redis = await startRedis();
  await using first = await openNode(redis);
  await using second = await openNode(redis, { node: "node-2" });
  await first.store.calls.take("a", 1000);
  first.store.calls.save(recordOf("a"));
  await written(first.store);
  redis.pause();
  await second.store.calls.take("a", 100);
  second.store.calls.save(recordOf("a"));
  redis.resume();
  second.store.events.append(eventOf("a", "ended", 9));
  second.store.calls.finish("a");
  const ends = async () =>
    (await eventsIn(redis)).filter(({ type }) => type === "ended").length;
  await eventually(async () => await ends() > 0, "the end is told");
  await written(second.store);
  first.store.calls.save(recordOf("a"));
  await eventually(() => first.taken.length > 0, "the first is told");
  assert.equal(await ends(), 1);
});

Deno.test("a node that never knew whether a call was its own does not take it from the next one", async () => {
  await using redis = await startRedis();
  await using first = await openNode(redis);
  await using second = await openNode(redis, { node: "node-2" });
  redis.pause();
  const taken = first.store.calls.take("a", 50);
  await taken;
  redis.resume();
  await eventually(
    () => first.store.health.up && second.store.health.up,
    "Redis is back",
  );
  await second.store.calls.take("a", 1000);
  second.store.calls.save(recordOf("a"));
  await written(second.store);
  const ended = eventOf("a", "ended");
  await first.store.calls.part("a", { ended, withinMs: 1000 });
  await written(first.store);
  second.store.calls.save(recordOf("a", "still here"));
  await written(second.store);
  assert.deepEqual(second.taken, []);
});

Deno.test("events of owners who could not ask Redis are told apart from those of all others", async () => {
  await using redis = await startRedis();
  await using first = await openNode(redis);
  await using second = await openNode(redis, { node: "node-2" });
  const one = await first.store.calls.take("a", 1000);
  first.store.calls.save(recordOf("a"));
  await written(first.store);
  redis.pause();
  const two = await second.store.calls.take("a", 50);
  redis.resume();
  second.store.calls.save(recordOf("a"));
  await eventually(() => second.store.health.up, "Redis is back");
  await written(second.store);
  const three = await first.store.calls.take("a", 1000);
  assert.ok(one.epoch < two.epoch && two.epoch < three.epoch);
  assert.deepEqual(three.earlier, recordOf("a"));
});
