import assert from "node:assert/strict";
import type { SessionEvents } from "../../src/router/session_handle.ts";
import { placeCall } from "../../src/router/placement.ts";
import { ShardPool } from "../../src/router/shard_pool.ts";
import {
  type ShardThread,
  shardThreads,
  type StartShardThread,
} from "../../src/router/shard_thread.ts";
import type { ToShard } from "../../src/shard/protocol.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { LINK_SETTINGS } from "../support/call_rig.ts";
import { loadedAssistant } from "../support/config_sources.ts";
import { FakeTimers, until } from "../support/fake_timers.ts";
import { FakeWorkers } from "../support/fake_workers.ts";

function openPool(start: StartShardThread, shards: number) {
  const restarted: number[] = [];
  const pool = new ShardPool({
    shards,
    start,
    silentMs: 800,
    delayed: () => {},
    supplierTried: () => {},
    settings: LINK_SETTINGS,
    log: SILENT_LOG,
    logSink: () => {},
    restarted: (shard) => restarted.push(shard),
  });
  return { pool, restarted };
}

function listen(): { events: SessionEvents; heard: string[] } {
  const heard: string[] = [];
  const events: SessionEvents = {
    opened: () => heard.push("opened"),
    failed: (kind) => heard.push(kind),
    fact: ({ fact }) => heard.push(fact),
    finished: () => heard.push("finished"),
    functionCalled: () => heard.push("function"),
    lost: (atWork) => heard.push(atWork ? "lost at work" : "lost"),
  };
  return { events, heard };
}

/** A call whose first choice is this shard. */
function callFor(shard: number, shards: number): string {
  for (let i = 0;; i++) {
    if (placeCall(`call ${i}`, shards) === shard) return `call ${i}`;
  }
}

Deno.test("a pool starts as many shards as asked for, by number, and is ready once all are", async () => {
  using timers = new FakeTimers();
  const workers = new FakeWorkers();
  const { pool } = openPool(workers.start, 3);
  assert.deepEqual(workers.shards, [0, 1, 2]);
  assert.deepEqual(pool.links.map(({ shard }) => shard), [0, 1, 2]);
  const seen = workers.made.map((worker) => {
    const before = pool.ready;
    worker.say({ type: "started" });
    return before;
  });
  assert.deepEqual([...seen, pool.ready], [false, false, false, true]);
  await pool.started();
  pool.close();
  assert.equal(timers.pending, 0);
});

Deno.test("a pool with a shard that dies before it has started never was started", async () => {
  using _timers = new FakeTimers();
  const workers = new FakeWorkers();
  const { pool } = openPool(workers.start, 2);
  const started = pool.started();
  workers.made[0].say({ type: "started" });
  workers.made[1].crash("cannot load");
  await assert.rejects(started, /cannot load/);
  pool.close();
});

Deno.test("a call goes to its shard, to another one while that is down, and back", async () => {
  using timers = new FakeTimers();
  const workers = new FakeWorkers();
  const { pool } = openPool(workers.start, 2);
  const id = callFor(1, 2);
  assert.equal(pool.of(id), undefined);
  for (const worker of workers.made) worker.say({ type: "started" });
  assert.equal(pool.of(id)?.shard, 1);
  workers.made[1].crash("out of memory");
  assert.equal(pool.of(id)?.shard, 0);
  workers.made[0].crash("out of memory");
  assert.equal(pool.of(id), undefined);
  await timers.pass(1000);
  for (const worker of workers.made.slice(2)) worker.say({ type: "started" });
  assert.equal(pool.of(id)?.shard, 1);
  pool.close();
});

Deno.test("a shard whose thread cannot be started is tried again every second", async () => {
  using timers = new FakeTimers();
  const workers = new FakeWorkers();
  let refusals = 3;
  const { pool } = openPool((shard, events) => {
    if (workers.made.length > 0 && refusals-- > 0) {
      throw new Error("Resource temporarily unavailable");
    }
    return workers.start(shard, events);
  }, 1);
  workers.newest.say({ type: "started" });
  workers.newest.crash("out of memory");
  await timers.pass(3999);
  assert.equal(workers.made.length, 1);
  await timers.pass(1);
  assert.equal(workers.made.length, 2);
  workers.newest.say({ type: "started" });
  assert.ok(pool.ready);
  pool.close();
  assert.equal(timers.pending, 0);
});

for (const [livedMs, pauseMs] of [[0, 1000], [300, 700], [5000, 0]]) {
  Deno.test(`a shard that dies after ${livedMs} ms is replaced ${pauseMs} ms later`, async () => {
    using timers = new FakeTimers();
    const workers = new FakeWorkers();
    const { pool, restarted } = openPool(workers.start, 1);
    workers.newest.say({ type: "started" });
    await timers.pass(livedMs);
    const old = pool.links[0];
    workers.newest.crash("out of memory");
    assert.deepEqual(restarted, [0]);
    assert.equal(workers.made[0].terminations, 1);
    if (pauseMs > 0) await timers.pass(pauseMs - 1);
    assert.equal(workers.made.length, 1);
    assert.equal(pool.ready, false);
    await timers.pass(1);
    assert.equal(workers.made.length, 2);
    assert.notEqual(pool.links[0], old);
    assert.deepEqual(workers.newest.postedTypes, ["start"]);
    workers.newest.say({ type: "started" });
    assert.ok(pool.ready);
    pool.close();
    assert.equal(timers.pending, 0);
  });
}

Deno.test("a shard that dies again and again is started once a second", async () => {
  using timers = new FakeTimers();
  const workers = new FakeWorkers();
  const { pool, restarted } = openPool(workers.start, 1);
  pool.started().catch(() => {});
  for (let death = 1; death <= 5; death++) {
    workers.newest.crash("cannot load");
    await timers.pass(999);
    assert.equal(workers.made.length, death);
    await timers.pass(1);
    assert.equal(workers.made.length, death + 1);
  }
  assert.equal(restarted.length, 5);
  pool.close();
});

Deno.test("a pool that is closed ends every worker and starts none, not even one that was due", async () => {
  using timers = new FakeTimers();
  const workers = new FakeWorkers();
  const { pool, restarted } = openPool(workers.start, 3);
  workers.made[1].crash("out of memory");
  pool.close();
  pool.close();
  assert.equal(timers.pending, 0);
  await timers.pass(10_000);
  assert.equal(workers.made.length, 3);
  assert.deepEqual(workers.made.map((each) => each.terminations), [1, 1, 1]);
  assert.deepEqual(restarted, [1]);
});

Deno.test("a real worker that throws loses its sessions and no other's, and is replaced", async () => {
  const threads: ShardThread[] = [];
  const { pool, restarted } = openPool((shard, events) => {
    const thread = shardThreads({ heapMb: 1024 })(shard, events);
    threads.push(thread);
    return thread;
  }, 2);
  try {
    await pool.started();
    const assistant = loadedAssistant();
    const ids = [0, 1].map((shard) => callFor(shard, 2));
    const sessions = ids.map((callId) => {
      const { events, heard } = listen();
      const handle = pool.of(callId)!.open({ callId, assistant }, events);
      return { handle, heard };
    });
    // Nothing listens where the model should be.
    await until(() => sessions.every(({ heard }) => heard.length > 0));
    threads[0].post(null as unknown as ToShard);
    await until(() => sessions[0].heard.includes("lost"));
    assert.deepEqual(restarted, [0]);
    assert.equal(pool.ready, false);
    assert.equal(pool.of(ids[0])?.shard, 1);
    assert.equal(await sessions[0].handle.close(2000), undefined);
    assert.equal((await sessions[1].handle.close(2000))?.turns, 0);
    assert.ok(!sessions[1].heard.includes("lost"));
    await until(() => pool.ready);
    assert.equal(threads.length, 3);
    const { events } = listen();
    const again = pool.of(ids[0])!.open({ callId: ids[0], assistant }, events);
    assert.equal(again.shard, 0);
    assert.equal((await again.close(2000))?.turns, 0);
  } finally {
    pool.close();
  }
});
