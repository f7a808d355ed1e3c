// Long because: the random steps, and what is counted of them, belong together.
import assert from "node:assert/strict";
import type { CallEvent } from "../../src/store/call_store.ts";
import { type RedisProxy, startRedisProxy } from "../support/redis_proxy.ts";
import { type RedisServer, startRedis } from "../support/redis_server.ts";
import {
  between,
  printedRandom,
  type Random,
} from "../support/seeded_random.ts";
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

const NODES = 3;
const CALLS = 40;
const STEPS = 250;
const TIMES = { leaseMs: 250, graceMs: 250, pulseMs: 30, commandMs: 2000 };

/** A node, and its own way to Redis. */
interface ProxiedNode extends StoreNode {
  readonly proxy: RedisProxy;
}

/** Who has a call, as FreeSWITCH sees it. */
interface Holder {
  readonly node: ProxiedNode;
  readonly epoch: number;
  seq: number;
}

/** A call: how often it began anew, and who has it. */
interface TestCall {
  readonly callId: string;
  /** Takes that had nothing to go on with: each is to have an end of its own. */
  lives: number;
  holder?: Holder;
  /** How its last owner has left it, when nobody took it after that. */
  left?: "finished" | "parted";
}

/** Random steps of calls over several nodes, of which one may die at any time. */
class Interleaving {
  readonly calls: TestCall[];
  readonly #redis: RedisServer;
  readonly #random: Random;
  readonly #nodes: ProxiedNode[] = [];
  readonly #parting: Promise<void>[] = [];
  #opened = 0;

  constructor(redis: RedisServer, random: Random) {
    this.#redis = redis;
    this.#random = random;
    this.calls = Array.from({ length: CALLS }, (_, i) => ({
      callId: `call-${i}`,
      lives: 0,
    }));
  }

  async open() {
    while (this.#nodes.length < NODES) await this.#openNode();
  }

  async step() {
    const call = this.calls[between(this.#random, 0, CALLS - 1)];
    const { holder } = call;
    const mishap = this.#random();
    if (mishap < 0.02) return await this.#kill();
    if (mishap < 0.05) return await this.#cut();
    if (holder === undefined) return await this.#take(call);
    switch (between(this.#random, 0, 5)) {
      case 0:
        return this.#finish(call, holder);
      case 1:
        return this.#part(call, holder);
      case 2:
        return await this.#take(call);
      case 3:
        return await this.#rest();
      default:
        return this.#talk(call, holder);
    }
  }

  /** Nobody has a call any more: some end, some part, some are lost with their node. */
  async conclude() {
    for (const call of this.calls) {
      const { holder } = call;
      if (holder === undefined) continue;
      const way = this.#random();
      if (way < 0.7) call.left = way < 0.4 ? "finished" : "parted";
      if (way < 0.4) this.#finish(call, holder);
      else if (way < 0.7) this.#part(call, holder);
    }
    await Promise.all(this.#parting);
    await this.#kill();
    await this.open();
    // What the others still have is lost with them; the sweepers come after.
    const sweeper = await this.#openNode();
    for (const node of this.#nodes.splice(0)) {
      if (node !== sweeper) await closeNode(node, 1000);
    }
    this.#nodes.push(sweeper);
  }

  async close() {
    await Promise.all(this.#nodes.map((node) => closeNode(node, 1000)));
  }

  async #openNode(): Promise<ProxiedNode> {
    const proxy = startRedisProxy(this.#redis.port);
    const name = `node-${this.#opened++}`;
    const opened = openStoreNode(proxy.url, { node: name, times: TIMES });
    const node = { ...opened, proxy };
    await eventually(() => node.store.health.up, "Redis can be reached");
    this.#nodes.push(node);
    return node;
  }

  /** FreeSWITCH gives a call to a node, whoever had it; that one may not know it yet. */
  async #take(call: TestCall) {
    const node = this.#nodes[between(this.#random, 0, this.#nodes.length - 1)];
    const { callId } = call;
    const { epoch, earlier } = await node.store.calls.take(callId, 10_000);
    if (earlier === undefined) call.lives++;
    const before = call.holder;
    call.holder = { node, epoch, seq: 0 };
    node.store.calls.save(recordOf(callId));
    // So that whoever is next has something to go on with.
    await written(node.store);
    if (before === undefined || before.node === node) return;
    // The one before hears of it late: what it says of the end must not count.
    const isLate = this.#random() < 0.5;
    if (isLate && !before.node.taken.includes(callId)) {
      this.#finish({ callId, lives: 0 }, before);
    }
  }

  #finish(call: TestCall, { node, epoch, seq }: Holder) {
    node.store.events.append({
      ...eventOf(call.callId, "ended", seq + 1),
      epoch,
    });
    node.store.calls.finish(call.callId);
    call.holder = undefined;
  }

  #part(call: TestCall, { node, epoch, seq }: Holder) {
    const ended = { ...eventOf(call.callId, "ended", seq + 1), epoch };
    this.#parting.push(
      node.store.calls.part(call.callId, { ended, withinMs: 1000 }),
    );
    call.holder = undefined;
  }

  #talk({ callId }: TestCall, holder: Holder) {
    const { node, epoch } = holder;
    const seq = ++holder.seq;
    node.store.events.append({ ...eventOf(callId, "turn", seq), epoch });
    node.store.calls.save(recordOf(callId, `turn ${seq}`));
  }

  /** A process dies: it renews and writes nothing any more. */
  async #kill() {
    const at = between(this.#random, 0, this.#nodes.length - 1);
    const [node] = this.#nodes.splice(at, 1);
    await closeNode(node, 0);
    for (const call of this.calls) {
      if (call.holder?.node === node) call.holder = undefined;
    }
    await this.#openNode();
  }

  /** What a node sends is carried out, it does not hear of it, and repeats it. */
  async #cut() {
    const at = between(this.#random, 0, this.#nodes.length - 1);
    const node = this.#nodes[at];
    const lost = node.proxy.lost;
    node.proxy.loseAnswers();
    for (const call of this.calls) {
      if (call.holder?.node !== node) continue;
      const way = this.#random();
      if (way < 0.2) this.#finish(call, call.holder);
      else if (way < 0.4) this.#part(call, call.holder);
      else if (way < 0.6) this.#talk(call, call.holder);
    }
    await eventually(() => node.proxy.lost > lost, "answers are lost");
    await eventually(() => node.store.health.up, "the node is back");
    // A call that is taken without Redis would not tell whether it began anew.
    await written(node.store);
  }

  async #rest() {
    const ms = between(this.#random, 1, TIMES.leaseMs / 2);
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

async function closeNode({ store, proxy }: ProxiedNode, withinMs: number) {
  await store.close(withinMs);
  await proxy[Symbol.asyncDispose]();
}

async function eventsIn(redis: RedisServer): Promise<CallEvent[]> {
  return readStream(await redis.ask("XRANGE", "vapi:events", "-", "+"));
}

/** Why a call ended, each time that it did. */
function endsOf(events: readonly CallEvent[], callId: string): unknown[] {
  return events.filter((event) =>
    event.callId === callId && event.type === "ended"
  ).map(({ data }) => data.by);
}

for (const round of [1, 2, 3]) {
  Deno.test(`each life of a call ends exactly once, whatever its nodes do to each other (${round})`, async () => {
    const random = printedRandom(`interleaving ${round}`);
    await using redis = await startRedis();
    const rig = new Interleaving(redis, random);
    await rig.open();
    try {
      for (let i = 0; i < STEPS; i++) await rig.step();
      await rig.conclude();
      const total = rig.calls.reduce((sum, { lives }) => sum + lives, 0);
      const ends = async () =>
        (await eventsIn(redis)).filter(({ type }) => type === "ended").length;
      await eventually(async () => await ends() >= total, "all have ended");
      await eventually(
        async () => await redis.ask("ZCARD", "vapi:live") === ":0",
        "nothing is left to sweep",
      );
      const events = await eventsIn(redis);
      assert.deepEqual(
        rig.calls.map(({ callId }) =>
          `${callId}: ${endsOf(events, callId).length}`
        ),
        rig.calls.map(({ callId, lives }) => `${callId}: ${lives}`),
      );
      assert.ok(total > CALLS, "some calls began anew");
      for (const way of ["finished", "parted"]) {
        const ends = rig.calls.filter(({ left }) => left === way)
          .map(({ callId }) => endsOf(events, callId).at(-1));
        // On a slow machine a lease may be over before its owner has said so.
        assert.ok(ends.includes("hangup"), `${way}: ${ends}`);
      }
      assertOrdered(onlyOnce(events));
    } finally {
      await rig.close();
    }
  });
}

/** What an owner says comes in its order; a sweeper's end, which has no number, aside. */
function assertOrdered(events: readonly CallEvent[]) {
  const last = new Map<string, number>();
  for (const { callId, epoch, seq, data } of events) {
    if (data.by === "node_lost") continue;
    const owner = `${callId} ${epoch}`;
    const before = last.get(owner) ?? 0;
    assert.ok(seq > before, `${owner}: ${seq} after ${before}`);
    last.set(owner, seq);
  }
}
