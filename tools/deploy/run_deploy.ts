import { resolve } from "node:path/posix";
import { ConfigurationError } from "../../src/errors.ts";
import { readIfThere } from "./atomic_file.ts";
import { describeChanges } from "./changes.ts";
import { FileLock } from "./file_lock.ts";
import { ComposeTarget } from "./compose/compose_target.ts";
import { KubernetesTarget } from "./kubernetes/kubernetes_target.ts";
import { SystemdTarget } from "./systemd/systemd_target.ts";
import { endLocal, showLocal } from "./local/local_commands.ts";
import { LocalTarget } from "./local/local_target.ts";
import type { DeployOptions } from "./options.ts";
import { readSite } from "./read_site.ts";
import { type DeployState, ReleaseStore } from "./release_store.ts";
import { roll, type RollOutcome } from "./roll.ts";
import type { Site } from "./site.ts";
import type { Canary, DeployContext, Release, Target } from "./target.ts";

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const LOCAL_SITE = "tools/deploy/local/site.yaml";
const DEFAULT_SITE = "deploy/site.yaml";
/** The canary, and two for the calls of the others. */
const LEAST_NODES = 3;
const FAILED = 1;
const INTERRUPTED = 130;

/** Does what the command line asks for; returns the exit code. Throws ConfigurationError for what the operator must put right first. */
export async function runDeploy(options: DeployOptions): Promise<number> {
  const state = resolve(options.out, options.target);
  await Deno.mkdir(`${state}/releases`, { recursive: true });
  await Deno.mkdir(`${state}/apps`, { recursive: true });
  if (options.action === "status") return await showLocal(state);
  const lock = await takeLock(state);
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Error("interrupted"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, interrupt);
  }
  try {
    if (options.action === "down") return await endLocal(state);
    const startMs = performance.now();
    const context: DeployContext = {
      site: await openSite(options),
      root: ROOT,
      state,
      only: options.only,
      stop: stop.signal,
      tell: (line) => {
        const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
        console.log(`${seconds.padStart(7)} s  ${line}`);
      },
    };
    return await carryOut(options, context);
  } finally {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.removeSignalListener(signal, interrupt);
    }
    lock.release();
  }
}

async function takeLock(state: string): Promise<FileLock> {
  const path = `${state}/lock`;
  const lock = await FileLock.tryTake(path);
  if (lock) return lock;
  const pid = (await readIfThere(path))?.trim();
  throw new ConfigurationError([
    `another deploy runs here: process ${pid}. Wait until it has ended, or end it with: kill ${pid}`,
  ]);
}

async function openSite({ site, target }: DeployOptions): Promise<Site> {
  const path = site ?? DEFAULT_SITE;
  const text = await readIfThere(site === undefined ? `${ROOT}/${path}` : path);
  if (text !== undefined) return readSite(text, path);
  if (site === undefined && target === "local") {
    return readSite(
      await Deno.readTextFile(`${ROOT}/${LOCAL_SITE}`),
      LOCAL_SITE,
    );
  }
  throw new ConfigurationError([
    `${path} is not there. Start with: cp deploy/site.example.yaml deploy/site.yaml`,
  ]);
}

async function openTarget(
  { target }: DeployOptions,
  context: DeployContext,
): Promise<Target> {
  switch (target) {
    case "local":
      return await LocalTarget.open(context);
    case "kubernetes":
      return new KubernetesTarget(context);
    case "compose":
      return new ComposeTarget(context);
    case "systemd":
      return new SystemdTarget(context);
  }
}

async function carryOut(
  options: DeployOptions,
  context: DeployContext,
): Promise<number> {
  const { tell } = context;
  const target = await openTarget(options, context);
  const problems = await target.check();
  const serious = problems.filter(({ mayStand }) => !mayStand);
  if (serious.length > 0 && options.action !== "dry-run") {
    throw new ConfigurationError(
      problems.map(({ what, cure }) => `${oneLine(what)}\n    → ${cure}`),
    );
  }
  for (const { what, cure } of problems) {
    tell(`check: ${oneLine(what)} (${cure})`);
  }
  if (problems.length === 0) tell("check: nothing stands in the way");
  const store = new ReleaseStore(context.state);
  const before = await store.read();
  const canary = await chooseCanary(options, { target, before });
  if (options.action === "check") return 0;
  if (options.action === "dry-run") {
    const current = await store.open(before.current);
    console.log(describeChanges(current?.files, await target.render(canary)));
    return 0;
  }
  const release = options.action === "rollback"
    ? await openEarlier(store, before)
    : await store.add(await target.render(canary));
  tell(`release ${release.id}: ${release.directory}`);
  let outcome: RollOutcome;
  try {
    outcome = await roll({
      context,
      target,
      store,
      release,
      canary: canary?.node,
    });
  } catch (error) {
    if (!context.stop.aborted) {
      tell(error instanceof Error ? error.message : String(error));
    }
    const ended = context.stop.aborted ? "stopped" : "failed";
    outcome = { ended, node: "what the nodes need" };
  }
  return report({
    outcome,
    release,
    before,
    target,
    canary,
    state: await store.read(),
  });
}

/** Always the same node, so that another share needs no other one. Throws ConfigurationError where a canary makes no sense. */
async function chooseCanary(
  { canaryPercent: percent }: DeployOptions,
  { target, before }: { target: Target; before: DeployState },
): Promise<Canary | undefined> {
  if (percent === undefined) return undefined;
  const nodes = await target.nodes();
  if (nodes.length < LEAST_NODES) {
    throw new ConfigurationError([
      `a canary needs ${LEAST_NODES} nodes, got ${nodes.length}: it leaves the lists of the other calls, and those need a second node to survive their first`,
    ]);
  }
  if (before.current === undefined) {
    throw new ConfigurationError([
      "a canary needs a release beside it, and nothing was deployed here yet. Deploy without --canary",
    ]);
  }
  return { node: nodes[0], percent };
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, "; ");
}

/** The release before; while a deploy is unfinished, the one that it was to replace. */
async function openEarlier(
  store: ReleaseStore,
  { candidate, current, previous }: DeployState,
): Promise<Release> {
  const isUnfinished = candidate !== undefined && candidate !== current;
  const release = await store.open(isUnfinished ? current : previous);
  if (release) return release;
  throw new ConfigurationError([
    "there is no earlier release to go back to. Change the site or the sources, and deploy",
  ]);
}

function report({ outcome, release, before, target, canary, state }: {
  readonly outcome: RollOutcome;
  readonly release: Release;
  readonly before: DeployState;
  readonly target: Target;
  readonly canary?: Canary;
  readonly state: DeployState;
}): number {
  const old = before.current ?? "nothing";
  const isOn = (id: string) =>
    Object.entries(state.nodes).filter(([, node]) => node.release === id)
      .map(([name]) => name).join(", ") || "no node";
  switch (outcome.ended) {
    case "unchanged":
      console.log(
        `Nothing had to change: all nodes run release ${release.id}.`,
      );
      return 0;
    case "done":
      console.log(`All nodes run release ${release.id}.`);
      for (const hint of target.hints(release)) console.log(`  ${hint}`);
      return 0;
    case "canary":
      console.log(
        `Release ${release.id} runs on ${
          isOn(release.id)
        }; the others run ${old}.`,
      );
      console.log(
        `With its new variables FreeSWITCH gives ${canary?.node} ${canary?.percent} % of the new calls.`,
      );
      for (const hint of target.hints(release)) console.log(`  ${hint}`);
      console.log("Go on: deploy without --canary. Take it back: --rollback.");
      return 0;
    case "stopped":
      console.log(
        `Interrupted. Release ${release.id} runs on ${
          isOn(release.id)
        }; before it: ${old}.`,
      );
      console.log("Go on: deploy again. Take it back: --rollback.");
      return INTERRUPTED;
    case "failed":
      console.log(
        `The deploy stopped at ${outcome.node}. Release ${release.id} runs on ${
          isOn(release.id)
        }; before it: ${old}.`,
      );
      console.log(
        "Put it right and deploy again, or take it back: --rollback.",
      );
      return FAILED;
  }
}
