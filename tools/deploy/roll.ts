import type { DeployState, ReleaseStore } from "./release_store.ts";
import type { DeployContext, Release, Target } from "./target.ts";

/** How a roll ended. */
export type RollOutcome =
  | { readonly ended: "unchanged" | "done" | "canary" | "stopped" }
  | { readonly ended: "failed"; readonly node: string };

/** What {@linkcode roll} works with. */
export interface RollOptions {
  readonly context: DeployContext;
  readonly target: Target;
  readonly store: ReleaseStore;
  readonly release: Release;
  /** The one node that gets the release; undefined: all do. */
  readonly canary?: string;
}

/**
 * Brings a release to one node after the other: drained, replaced, ready, one
 * call through it. A node that fails is put back, and no further one is
 * touched. Between any two steps every node is wholly old or wholly new.
 */
export async function roll(options: RollOptions): Promise<RollOutcome> {
  const { context, target, store, release } = options;
  const before = await store.read();
  await store.write({ ...before, candidate: release.id });
  const isPrepared = await target.prepare(release);
  const nodes = await target.nodes();
  let changed = 0;
  for (const node of nodes) {
    if (context.stop.aborted) return { ended: "stopped" };
    if (options.canary !== undefined && node !== options.canary) continue;
    const result = await rollNode(node, options);
    if (result === "failed") return { ended: "failed", node };
    if (result === "stopped") return { ended: "stopped" };
    if (result === "replaced") changed++;
  }
  if (options.canary !== undefined) return { ended: "canary" };
  const isFinished = await target.finish(release);
  await settle(store, release, nodes);
  const isSame = changed === 0 && !isPrepared && !isFinished &&
    before.current === release.id;
  return { ended: isSame ? "unchanged" : "done" };
}

type NodeResult = "unchanged" | "replaced" | "failed" | "stopped";

async function rollNode(
  node: string,
  { context, target, store, release }: RollOptions,
): Promise<NodeResult> {
  const { tell, stop, site } = context;
  const version = await target.version(node, release);
  const state = await store.read();
  const old = state.nodes[node];
  if (old?.version === version && await target.isReady(node)) {
    await note(store, state, { node, release, version });
    tell(`${node}: unchanged`);
    return "unchanged";
  }
  tell(`${node}: ${old ? "drains and is replaced" : "starts"}`);
  const startMs = performance.now();
  const deadline = new AbortController();
  const give = AbortSignal.any([stop, deadline.signal]);
  const seconds = site.sizes.readySeconds;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await target.replace(node, release);
    timer = setTimeout(
      () => deadline.abort(new Error(`not ready after ${seconds} s`)),
      seconds * 1000,
    );
    await target.untilReady(node, give);
    tell(
      `${node}: ready after ${
        ((performance.now() - startMs) / 1000).toFixed(1)
      } s`,
    );
    tell(`${node}: ${await target.smoke(node)}`);
    await note(store, state, { node, release, version });
    return "replaced";
  } catch (error) {
    await putBack(node, { context, target, store, error });
    return stop.aborted ? "stopped" : "failed";
  } finally {
    clearTimeout(timer);
  }
}

async function putBack(
  node: string,
  { context, target, store, error }: {
    readonly context: DeployContext;
    readonly target: Target;
    readonly store: ReleaseStore;
    readonly error: unknown;
  },
): Promise<void> {
  const { tell, stop, site } = context;
  const old = (await store.read()).nodes[node];
  if (stop.aborted) tell(`${node}: interrupted, is put back`);
  else {
    tell(`${node}: ${error instanceof Error ? error.message : error}`);
    tell(`${node}: the end of its log:`);
    for (const line of await target.lastLines(node)) tell(`    ${line}`);
  }
  try {
    await target.restore(node, await store.open(old?.release));
    if (old === undefined) {
      return tell(`${node}: stopped, it did not run before`);
    }
    await target.untilReady(
      node,
      AbortSignal.timeout(site.sizes.readySeconds * 1000),
    );
    tell(`${node}: runs release ${old.release} again`);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    tell(`${node}: could not be put back either: ${why}`);
  }
}

async function note(
  store: ReleaseStore,
  state: DeployState,
  { node, release, version }: {
    readonly node: string;
    readonly release: Release;
    readonly version: string;
  },
): Promise<void> {
  const nodes = { ...state.nodes, [node]: { release: release.id, version } };
  await store.write({ ...state, nodes });
}

/** Makes the release the current one; nodes that are no more are forgotten. */
async function settle(
  store: ReleaseStore,
  release: Release,
  nodes: readonly string[],
): Promise<void> {
  const state = await store.read();
  const known = Object.entries(state.nodes).filter(([name]) =>
    nodes.includes(name)
  );
  const isNew = state.current !== release.id;
  await store.write({
    current: release.id,
    previous: isNew ? state.current : state.previous,
    nodes: Object.fromEntries(known),
  });
}
