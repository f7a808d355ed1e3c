import { resolve } from "node:path/posix";
import { ConfigurationError } from "../../src/errors.ts";
import { readIfThere } from "./atomic_file.ts";
import { chooseCanary } from "./choose_canary.ts";
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
import { reportOutcome } from "./report_outcome.ts";
import { roll, type RollOptions, type RollOutcome } from "./roll.ts";
import type { Site } from "./site.ts";
import type { DeployContext, Release, Target } from "./target.ts";

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");
const LOCAL_SITE = "tools/deploy/local/site.yaml";
const DEFAULT_SITE = "deploy/site.yaml";
/** Exit code when the operator must put something right first. */
const PUT_RIGHT_FIRST = 2;

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
  const target = await openTarget(options, context);
  const passed = await check(options, { target, context });
  const store = new ReleaseStore(context.state);
  const before = await store.read();
  const percent = options.canaryPercent;
  const canary = percent === undefined
    ? undefined
    : await chooseCanary(percent, { target, before });
  if (options.action === "check") return 0;
  if (options.action === "dry-run") {
    const current = await store.open(before.current);
    console.log(describeChanges(current?.files, await target.render(canary)));
    return passed ? 0 : PUT_RIGHT_FIRST;
  }
  const release = options.action === "rollback"
    ? await openEarlier(store, before)
    : await store.add(await target.render(canary));
  context.tell(`release ${release.id}: ${release.directory}`);
  const node = canary?.node;
  const outcome = await bring({
    context,
    target,
    store,
    release,
    canary: node,
  });
  const state = await store.read();
  return reportOutcome({ outcome, release, before, target, canary, state });
}

/** Says what stands in the way; false when something must be put right before a deploy. Throws ConfigurationError then, but for a dry run. */
async function check(
  { action }: DeployOptions,
  { target, context: { tell } }: {
    readonly target: Target;
    readonly context: DeployContext;
  },
): Promise<boolean> {
  const problems = await target.check();
  const isSerious = problems.some(({ mayStand }) => !mayStand);
  if (isSerious && action !== "dry-run") {
    throw new ConfigurationError(
      problems.map(({ what, cure }) => `${oneLine(what)}\n    → ${cure}`),
    );
  }
  for (const { what, cure } of problems) {
    tell(`check: ${oneLine(what)} (${cure})`);
  }
  if (problems.length === 0) tell("check: nothing stands in the way");
  return !isSerious;
}

async function bring(options: RollOptions): Promise<RollOutcome> {
  const { stop, tell } = options.context;
  try {
    return await roll(options);
  } catch (error) {
    const node = "what the nodes need";
    if (stop.aborted) return { ended: "stopped" };
    tell(error instanceof Error ? error.message : String(error));
    return { ended: "failed", node };
  }
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
