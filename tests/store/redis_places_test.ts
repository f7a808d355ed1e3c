import assert from "node:assert/strict";
import { startCluster, startSentinel } from "../support/redis_places.ts";
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

type Ask = (...words: string[]) => Promise<string>;

async function eventsOf(ask: Ask, callId: string) {
  const answer = await ask("XRANGE", "vapi:events", "-", "+");
  return onlyOnce(readStream(answer)).filter((event) =>
    event.callId === callId
  );
}

/** One node takes a call, another goes on with it and ends it. */
async function passOn(
  nodes: readonly [StoreNode, StoreNode],
  { callId, ask }: { callId: string; ask: Ask },
) {
  const [{ store: first }, { store: second }] = nodes;
  assert.equal((await first.calls.take(callId, 2000)).epoch, 1);
  first.calls.save(recordOf(callId, "of the first"));
  first.events.append(eventOf(callId, "started", 1));
  await written(first);
  await first.calls.part(callId, {
    ended: eventOf(callId, "ended", 2),
    withinMs: 2000,
  });
  const { epoch, earlier } = await second.calls.take(callId, 2000);
  assert.equal(epoch, 2);
  assert.deepEqual(earlier, recordOf(callId, "of the first"));
  second.events.append({ ...eventOf(callId, "failover", 1), epoch });
  second.events.append({ ...eventOf(callId, "ended", 2), epoch });
  second.calls.finish(callId);
  await written(second);
  assert.deepEqual(
    (await eventsOf(ask, callId)).map(({ type, epoch }) => `${type} ${epoch}`),
    ["started 1", "failover 2", "ended 2"],
  );
}

Deno.test("a cluster: calls of all slots change their node, are swept, and end once", async () => {
  await using cluster = await startCluster();
  await using one = openStoreNode(cluster.url, { node: "one" });
  await using two = openStoreNode(cluster.url, { node: "two" });
  const nodes = [one, two] as const;
  await eventually(() => nodes.every(({ store }) => store.health.up), "both");
  for (let i = 0; i < 12; i++) {
    await passOn(nodes, { callId: `call-${i}`, ask: cluster.ask });
  }
  const lost = openStoreNode(cluster.url, { node: "lost" });
  await eventually(() => lost.store.health.up, "the third one");
  const ids = Array.from({ length: 12 }, (_, i) => `lost-${i}`);
  for (const callId of ids) await lost.store.calls.take(callId, 2000);
  for (const callId of ids) lost.store.calls.save(recordOf(callId));
  await written(lost.store);
  await lost.store.close(0);
  for (const callId of ids) {
    await eventually(
      async () => (await eventsOf(cluster.ask, callId)).length > 0,
      `${callId} is ended`,
    );
    const [event, ...more] = await eventsOf(cluster.ask, callId);
    assert.deepEqual([event.type, event.data.by], ["ended", "node_lost"]);
    assert.deepEqual(more, []);
  }
  one.store.costs.add(1);
  two.store.costs.add(2);
  await eventually(
    () => nodes.every(({ store }) => store.costs.spentTodayCny === 3),
    "both know what was spent",
  );
  for (const { store, taken } of nodes) {
    assert.deepEqual(taken, []);
    assert.equal(store.health.errors, 0);
  }
});

Deno.test("a sentinel: when the master dies, its replica gets what waited, and the calls go on", async () => {
  await using place = await startSentinel();
  // On a busy machine one of them may find the new master much later: that is no loss of its calls.
  const times = { leaseMs: 10_000 };
  await using one = openStoreNode(place.url, { node: "one", times });
  await using two = openStoreNode(place.url, { node: "two", times });
  const nodes = [one, two] as const;
  await eventually(() => nodes.every(({ store }) => store.health.up), "both");
  await passOn(nodes, { callId: "before", ask: place.master.ask });
  await one.store.calls.take("during", 2000);
  one.store.calls.save(recordOf("during"));
  await written(one.store);
  await eventually(
    async () => (await place.replica.ask("EXISTS", "session:during")) === ":1",
    "the replica has it",
  );
  await place.master.kill();
  for (let seq = 1; seq <= 30; seq++) {
    one.store.events.append(eventOf("during", "turn", seq));
  }
  one.store.calls.save(recordOf("during", "after the master"));
  await eventually(
    async () => {
      // The sentinel closes all of the replica's connections in the moment in which it promotes it.
      const role = await place.replica.ask("ROLE").catch(String);
      return role.split("\n")[0] === "master";
    },
    "the replica is the master",
  );
  await Promise.all(nodes.map(({ store }) => written(store)));
  const events = await eventsOf(place.replica.ask, "during");
  assert.deepEqual(
    events.map(({ seq }) => seq),
    Array.from({ length: 30 }, (_, i) => i + 1),
  );
  await eventually(() => two.store.health.up, "the other one is back too");
  const { earlier } = await two.store.calls.take("during", 2000);
  assert.deepEqual(earlier, recordOf("during", "after the master"));
  await passOn(nodes, { callId: "after", ask: place.replica.ask });
});
