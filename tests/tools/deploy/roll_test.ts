import assert from "node:assert/strict";
import { readSite } from "../../../tools/deploy/read_site.ts";
import { ReleaseStore } from "../../../tools/deploy/release_store.ts";
import { roll, type RollOutcome } from "../../../tools/deploy/roll.ts";
import type { Target } from "../../../tools/deploy/target.ts";

const NAMES = ["a", "b", "c"];
const SITE = `nodes: [${
  NAMES.map((name) => `{name: ${name}, host: 127.0.0.1}`).join(", ")
}]\nsizes: {readySeconds: 1}`;

/** A target in memory: which release each node runs, and what was done. */
class FakeTarget implements Target {
  readonly running = new Map<string, string>();
  readonly done: string[] = [];
  /** Nodes that never get ready with a new release. */
  stuck = new Set<string>();
  /** Nodes through which no call goes with a new release. */
  mute = new Set<string>();
  onReplace: (node: string) => void = () => {};
  #isOld = new Set<string>();

  nodes = () => Promise.resolve(NAMES);
  check = () => Promise.resolve([]);
  render = () => Promise.resolve(new Map());
  prepare = () => Promise.resolve(false);
  finish = () => Promise.resolve(false);
  version: Target["version"] = (_, { id }) => Promise.resolve(id);
  isReady = (node: string) => Promise.resolve(this.running.has(node));
  replace: Target["replace"] = (node, { id }) => {
    this.done.push(`replace ${node}`);
    this.#isOld.delete(node);
    this.running.set(node, id);
    this.onReplace(node);
    return Promise.resolve();
  };
  untilReady: Target["untilReady"] = (node, stop) => {
    if (!this.stuck.has(node) || this.#isOld.has(node)) {
      stop.throwIfAborted();
      return Promise.resolve();
    }
    const { promise, reject } = Promise.withResolvers<void>();
    if (stop.aborted) reject(stop.reason);
    stop.addEventListener("abort", () => reject(stop.reason));
    return promise;
  };
  lastLines = () => Promise.resolve(["the last line"]);
  restore: Target["restore"] = (node, release) => {
    this.done.push(`restore ${node}`);
    this.#isOld.add(node);
    if (release) this.running.set(node, release.id);
    else this.running.delete(node);
    return Promise.resolve();
  };
  smoke = (node: string) =>
    this.mute.has(node)
      ? Promise.reject(new Error("no audio"))
      : Promise.resolve("a call went through");
  hints = () => [];
}

interface Rig {
  readonly target: FakeTarget;
  readonly store: ReleaseStore;
  readonly said: string[];
  readonly stop: AbortController;
  roll(text: string, canary?: string): Promise<RollOutcome>;
}

async function withRig(body: (rig: Rig) => Promise<void>): Promise<void> {
  const state = await Deno.makeTempDir();
  await Deno.mkdir(`${state}/releases`);
  const store = new ReleaseStore(state);
  const target = new FakeTarget();
  const said: string[] = [];
  const stop = new AbortController();
  const site = readSite(SITE, "site.yaml");
  try {
    await body({
      target,
      store,
      said,
      stop,
      roll: async (text, canary) => {
        target.done.length = 0;
        const release = await store.add(new Map([["a", text]]));
        const tell = (line: string) => said.push(line);
        const context = { site, root: "", state, stop: stop.signal, tell };
        return await roll({ context, target, store, release, canary });
      },
    });
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

Deno.test("a roll replaces the nodes one after the other, and the second time none", async () => {
  await withRig(async ({ target, store, roll }) => {
    assert.deepEqual(await roll("one"), { ended: "done" });
    assert.deepEqual(target.done, ["replace a", "replace b", "replace c"]);
    assert.deepEqual(await roll("one"), { ended: "unchanged" });
    assert.deepEqual(target.done, []);
    const { current, previous, candidate } = await store.read();
    assert.ok(current);
    assert.deepEqual([previous, candidate], [undefined, undefined]);
  });
});

for (const fault of ["stuck", "mute"] as const) {
  Deno.test(`a roll stops and puts the node back when the new one is ${fault}`, async () => {
    await withRig(async ({ target, store, said, roll }) => {
      await roll("one");
      const old = (await store.read()).current!;
      target[fault].add("b");
      assert.deepEqual(await roll("two"), { ended: "failed", node: "b" });
      assert.deepEqual(target.done, ["replace a", "replace b", "restore b"]);
      assert.notEqual(target.running.get("a"), old);
      assert.equal(target.running.get("b"), old);
      assert.equal(target.running.get("c"), old);
      assert.ok(said.some((line) => line.includes("the last line")));
      const state = await store.read();
      assert.equal(state.current, old);
      assert.equal(state.nodes.b.release, old);
    });
  });
}

Deno.test("a node that did not run before is stopped when it does not get ready", async () => {
  await withRig(async ({ target, roll }) => {
    target.stuck.add("a");
    assert.deepEqual(await roll("one"), { ended: "failed", node: "a" });
    assert.equal(target.running.size, 0);
  });
});

Deno.test("a roll that is interrupted leaves every node wholly old or wholly new", async () => {
  await withRig(async ({ target, store, roll, stop }) => {
    await roll("one");
    const old = (await store.read()).current!;
    target.stuck.add("b");
    target.onReplace = (node) => {
      if (node === "b") stop.abort(new Error("interrupted"));
    };
    assert.deepEqual(await roll("two"), { ended: "stopped" });
    assert.notEqual(target.running.get("a"), old);
    assert.equal(target.running.get("b"), old);
    assert.equal(target.running.get("c"), old);
    const { nodes, candidate } = await store.read();
    assert.equal(nodes.a.release, candidate);
    assert.equal(nodes.b.release, old);
  });
});

Deno.test("a canary is the one node that is replaced, another share changes no node, and the next deploy brings the rest", async () => {
  await withRig(async ({ target, store, roll }) => {
    await roll("one");
    const old = (await store.read()).current!;
    assert.deepEqual(await roll("two", "b"), { ended: "canary" });
    assert.deepEqual(target.done, ["replace b"]);
    assert.equal((await store.read()).current, old);
    assert.deepEqual(await roll("two", "b"), { ended: "canary" });
    assert.deepEqual(target.done, []);
    assert.deepEqual(await roll("two"), { ended: "done" });
    assert.deepEqual(target.done, ["replace a", "replace c"]);
    assert.equal((await store.read()).previous, old);
  });
});

Deno.test("a canary that fails is put back, and nothing else was touched", async () => {
  await withRig(async ({ target, store, roll }) => {
    await roll("one");
    const old = (await store.read()).current!;
    target.mute.add("b");
    assert.deepEqual(await roll("two", "b"), { ended: "failed", node: "b" });
    assert.deepEqual(target.done, ["replace b", "restore b"]);
    assert.equal((await store.read()).nodes.b.release, old);
  });
});

Deno.test("releases that nobody names any more are removed, and the one before stays", async () => {
  await withRig(async ({ store, roll }) => {
    await roll("one");
    const first = (await store.read()).current;
    await roll("two");
    const second = (await store.read()).current;
    await roll("three");
    assert.equal(await store.open(first), undefined);
    assert.equal((await store.open(second))?.files.get("a"), "two");
  });
});
