import assert from "node:assert/strict";
import type { Peers } from "../../src/store/call_store.ts";
import { startCluster, startSentinel } from "../support/redis_places.ts";
import { type RedisServer, startRedis } from "../support/redis_server.ts";
import { openStoreNode, type StoreNode } from "../support/store_node.ts";
import { eventually } from "../support/store_rig.ts";

const PATIENCE_MS = 20_000;
const QUESTION = { do: "list" };

/** Resolves when `peers` hears of as many others as there are. */
async function hears(peers: Peers, others: number): Promise<void> {
  await eventually(
    async () => {
      const isEnough = (answers: readonly unknown[]) =>
        answers.length >= others;
      const answers = await peers.ask(QUESTION, { withinMs: 1000, isEnough });
      return answers.length === others;
    },
    `${others} others answer`,
  );
}

/** Nodes that answer with their name and what they were asked. */
async function openNodes(url: string, names: readonly string[]) {
  const nodes = names.map((node) => openStoreNode(url, { node }));
  nodes.forEach(({ store }, i) =>
    store.peers.listen((question) => ({ by: names[i], question }))
  );
  for (const { store } of nodes) await hears(store.peers, names.length - 1);
  return nodes;
}

async function closeAll(nodes: readonly StoreNode[]): Promise<void> {
  await Promise.all(nodes.map(({ store }) => store.close(0)));
}

/** What is answered, by node. */
async function askAll(peers: Peers) {
  const answers = await peers.ask(QUESTION, { withinMs: PATIENCE_MS });
  return answers.toSorted((a, b) => a.node.localeCompare(b.node));
}

Deno.test("each other node is asked once, and nobody is waited for when all have answered", async () => {
  await using redis = await startRedis();
  const nodes = await openNodes(redis.url, ["a", "b", "c"]);
  assert.deepEqual(await askAll(nodes[0].store.peers), [
    { node: "b", answer: { by: "b", question: QUESTION } },
    { node: "c", answer: { by: "c", question: QUESTION } },
  ]);
  await closeAll(nodes);
});

Deno.test("a node alone, and one without listening, wait for nobody", async () => {
  await using redis = await startRedis();
  const [alone] = await openNodes(redis.url, ["alone"]);
  const deaf = openStoreNode(redis.url, { node: "deaf" });
  await eventually(() => deaf.store.health.up, "the other is connected");
  assert.deepEqual(await askAll(alone.store.peers), []);
  assert.deepEqual(await askAll(deaf.store.peers), []);
  await closeAll([alone, deaf]);
});

Deno.test("one answer is enough when it says so", async () => {
  await using redis = await startRedis();
  const nodes = await openNodes(redis.url, ["a", "b", "c"]);
  const answers = await nodes[0].store.peers.ask(QUESTION, {
    withinMs: PATIENCE_MS,
    isEnough: (found) => found.length > 0,
  });
  assert.ok(answers.length >= 1);
  await closeAll(nodes);
});

Deno.test("a node that cannot answer answers nothing, and the others are heard", async () => {
  await using redis = await startRedis();
  const nodes = await openNodes(redis.url, ["a", "b"]);
  const broken = openStoreNode(redis.url, { node: "broken" });
  broken.store.peers.listen(() => {
    throw new Error("a fault of ours");
  });
  await hears(nodes[0].store.peers, 2);
  const answers = await askAll(nodes[0].store.peers);
  assert.deepEqual(answers.map(({ node }) => node), ["b", "broken"]);
  assert.equal(answers[1].answer, null);
  assert.ok(
    broken.logged.some(({ level, message }) =>
      level === "error" && /was not answered/.test(String(message))
    ),
  );
  await closeAll([...nodes, broken]);
});

async function floodWithNonsense(redis: RedisServer): Promise<void> {
  const id = crypto.randomUUID();
  const messages = [
    "",
    "{",
    "null",
    "[]",
    `{"id":"${id}"}`,
    `{"id":"${id}","from":"../../x","question":{}}`,
    `{"id":"${id}","from":7,"question":{}}`,
    `{"__proto__":{"id":"${id}"},"from":"${id}"}`,
    `{"id":"${id}","from":"${id}"}`,
    "[".repeat(100_000),
    `{"id":"${id}","from":"${id}","question":"${"x".repeat(4_100_000)}"}`,
  ];
  for (const message of messages) {
    await redis.ask("PUBLISH", "vapi:questions", message);
  }
}

Deno.test("nonsense on the channels disturbs nobody", async () => {
  await using redis = await startRedis();
  const nodes = await openNodes(redis.url, ["a", "b"]);
  await floodWithNonsense(redis);
  const channels = (await redis.ask("PUBSUB", "CHANNELS", "vapi:answers:*"))
    .split("\n");
  assert.equal(channels.length, 2);
  for (const channel of channels) {
    await redis.ask("PUBLISH", channel, "}");
    await redis.ask("PUBLISH", channel, `{"id":"x","node":"x"}`);
    const unasked = { id: crypto.randomUUID(), node: "x", answer: 1 };
    await redis.ask("PUBLISH", channel, JSON.stringify(unasked));
  }
  const answers = await askAll(nodes[0].store.peers);
  assert.deepEqual(answers.map(({ node }) => node), ["b"]);
  assert.deepEqual(
    nodes.flatMap(({ logged }) => logged.filter((it) => it.level === "error")),
    [],
  );
  await closeAll(nodes);
});

Deno.test("who hangs is not waited for, and nobody is asked while Redis is away", async () => {
  await using redis = await startRedis();
  const nodes = await openNodes(redis.url, ["a", "b"]);
  const [{ store: { peers } }] = nodes;
  redis.pause();
  const startedMs = performance.now();
  assert.deepEqual(await peers.ask(QUESTION, { withinMs: 100 }), []);
  assert.ok(performance.now() - startedMs < PATIENCE_MS / 2);
  redis.resume();
  for (const { store } of nodes) await hears(store.peers, 1);
  await redis.kill();
  await eventually(() => !nodes[0].store.health.up, "Redis is away");
  assert.deepEqual(await askAll(peers), []);
  await redis.start();
  for (const { store } of nodes) await hears(store.peers, 1);
  await closeAll(nodes);
});

Deno.test("a connection by which nothing is heard any more is made anew", async () => {
  await using redis = await startRedis();
  const nodes = await openNodes(redis.url, ["a", "b"]);
  await redis.ask("CLIENT", "KILL", "TYPE", "pubsub");
  for (const { store } of nodes) await hears(store.peers, 1);
  await closeAll(nodes);
});

Deno.test("who may not use channels is told so once, and keeps its calls in Redis all the same", async () => {
  await using redis = await startRedis();
  await redis.ask(
    ...["ACL", "SETUSER", "vapi", "on", ">secret", "~*", "+@all"],
    "resetchannels",
  );
  const url = redis.url.replace("//", "//vapi:secret@");
  const node = openStoreNode(url);
  node.store.peers.listen(() => "nobody hears it");
  const told = () =>
    node.logged.filter(({ message }) =>
      /cannot be asked/.test(String(message))
    );
  await eventually(() => told().length > 0, "it is told");
  assert.match(String(told()[0].error), /NOPERM/);
  assert.deepEqual(await askAll(node.store.peers), []);
  assert.equal((await node.store.calls.take("call", 5000)).epoch, 1);
  assert.equal(told().length, 1);
  await closeAll([node]);
});

Deno.test("the nodes of a cluster, and those behind a sentinel, hear each other", async () => {
  await using cluster = await startCluster();
  await using sentinel = await startSentinel();
  for (const { url } of [cluster, sentinel]) {
    const nodes = await openNodes(url, ["a", "b", "c"]);
    await closeAll(nodes);
  }
});
