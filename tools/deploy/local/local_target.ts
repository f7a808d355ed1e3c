import { listApp, readApp } from "../app_files.ts";
import { APP_LIST, AppStore } from "../app_store.ts";
import { writeAtomically } from "../atomic_file.ts";
import { checkSettings } from "../check_settings.ts";
import { readSecrets } from "../secrets.ts";
import { isHttpReady } from "../http_ready.ts";
import { until } from "../until.ts";
import { placeSmokeCall } from "../smoke_call.ts";
import type {
  Canary,
  DeployContext,
  Files,
  Problem,
  Release,
  Target,
} from "../target.ts";
import { renderSwitchVars } from "../freeswitch_vars.ts";
import { switchVarsDirectory, writeSwitchVars } from "../write_switch_vars.ts";
import { withMadeSecrets } from "./made_secrets.ts";
import { findParts, type PartName, partsOf } from "./parts.ts";
import { copyFiles } from "./copy_files.ts";
import { portOf, settlePorts, switchAddresses } from "./node_ports.ts";
import { isFree, LocalPorts } from "./ports.ts";
import { parseProcessSpec, type ProcessSpec } from "./process_spec.ts";
import { readProcesses } from "./read_processes.ts";
import { renderLocal } from "./render_local.ts";
import { SupervisorClient } from "./supervisor_client.ts";

const PART_READY_MS = 60_000;
const LAST_LINES = 20;

/** What a local cluster keeps in mind between two steps. */
interface LocalFacts {
  readonly context: DeployContext;
  readonly ports: LocalPorts;
  readonly programs: Map<PartName, string>;
  readonly secrets: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** Processes on this machine under one supervisor: nodes, and what stands around them. */
export class LocalTarget implements Target {
  readonly #facts: LocalFacts;
  readonly #supervisor: SupervisorClient;
  readonly #apps: AppStore;
  readonly #before = new Map<string, string | undefined>();
  #app: Files | undefined;

  private constructor(facts: LocalFacts) {
    this.#facts = facts;
    this.#supervisor = new SupervisorClient(facts.context.state);
    this.#apps = new AppStore(facts.context.state);
  }

  /** Looks at what is installed and what runs; makes no more than missing secrets. */
  static async open(given: DeployContext): Promise<LocalTarget> {
    const { state, only } = given;
    const site = await withMadeSecrets(given.site, state);
    const context = { ...given, site };
    const ports = await LocalPorts.open(`${state}/ports.json`);
    const parts = await findParts(partsOf(site, only));
    const secrets = await readSecrets(site);
    const running = await new SupervisorClient(state).status();
    const portProblems = running ? [] : settlePorts(context, ports);
    return new LocalTarget({
      context,
      ports,
      programs: parts.paths,
      secrets: secrets.values,
      problems: [...parts.problems, ...secrets.problems, ...portProblems],
    });
  }

  nodes(): Promise<string[]> {
    return Promise.resolve(
      this.#facts.context.site.nodes.map(({ name }) => name),
    );
  }

  async check(): Promise<Problem[]> {
    const { context, secrets, problems } = this.#facts;
    const specs = await this.#specs(await this.render());
    const node = specs.get(context.site.nodes[0].name)!;
    const environment = { ...node.environment, ...secrets };
    return [...problems, ...checkSettings(environment, context.root)];
  }

  async render(canary?: Canary): Promise<Files> {
    const { context, ports, programs, secrets } = this.#facts;
    this.#app ??= await readApp(context.root);
    const list = await listApp(this.#app);
    const files = await renderLocal({
      context,
      portOf: (name) => portOf(context, ports, name),
      programs,
      app: await this.#apps.directoryOf(list),
      shell: pickShell(),
      secrets: Object.keys(secrets),
    });
    const addresses = switchAddresses(context, ports);
    const { root, site } = context;
    const vars = await renderSwitchVars(site, { root, addresses, canary });
    return new Map([...files, ...vars, [APP_LIST, list]]);
  }

  async prepare(release: Release): Promise<boolean> {
    const { state } = this.#facts.context;
    if (this.#app) await this.#apps.add(this.#app);
    await this.#apps.prune();
    await this.#facts.ports.save();
    await this.#writeSecrets();
    await this.#supervisor.start();
    const specs = await this.#specs(release.files);
    const nodes = await this.nodes();
    let isChanged = await writeSwitchVars(this.#facts.context, release);
    await copyFiles(release.files, "conf/", state);
    for (const name of specs.keys()) {
      await Deno.mkdir(`${state}/data/${name}`, { recursive: true });
    }
    for (const spec of specs.values()) {
      if (nodes.includes(spec.name)) continue;
      if (await this.#bring(spec)) isChanged = true;
    }
    return isChanged;
  }

  async version(node: string, release: Release): Promise<string> {
    return (await this.#spec(node, release)).version;
  }

  async isReady(node: string): Promise<boolean> {
    const status = await this.#supervisor.statusOf(node);
    return status?.state === "running" && await this.#answersReady(node);
  }

  async replace(node: string, release: Release): Promise<void> {
    const spec = await this.#spec(node, release);
    this.#before.set(node, await this.#supervisor.wanted(node));
    await this.#supervisor.want(node, spec);
    const { stop } = this.#facts.context;
    await until(async () => {
      const status = await this.#supervisor.statusOf(node);
      return status?.version === spec.version;
    }, stop);
  }

  async untilReady(node: string, stop: AbortSignal): Promise<void> {
    const wanted = await this.#supervisor.wanted(node);
    if (wanted === undefined) throw new Error("it is not wanted any more");
    const { version } = parseProcessSpec(wanted);
    const isReady = () => this.#answersReady(node);
    await this.#supervisor.untilReady(node, { version, isReady, stop });
  }

  async lastLines(node: string): Promise<string[]> {
    const path = `${this.#facts.context.state}/logs/${node}.log`;
    const text = await Deno.readTextFile(path);
    return text.trimEnd().split("\n").slice(-LAST_LINES);
  }

  async restore(node: string): Promise<void> {
    const before = this.#before.get(node);
    const spec = before === undefined ? undefined : parseProcessSpec(before);
    await this.#supervisor.want(node, spec);
  }

  async smoke(node: string): Promise<string> {
    const { context, ports } = this.#facts;
    return await placeSmokeCall(portOf(context, ports, `${node}:esl`));
  }

  async finish(release: Release): Promise<boolean> {
    const specs = await this.#specs(release.files);
    const names = await this.#supervisor.names();
    const gone = names.filter((name) => !specs.has(name));
    for (const name of gone) await this.#supervisor.want(name, undefined);
    return gone.length > 0;
  }

  hints(): string[] {
    const { context } = this.#facts;
    return [
      "look:  deno task deploy --target local --status",
      "stop:  deno task deploy --target local --down",
      `logs:  ${context.state}/logs/`,
      `FreeSWITCH's variables: ${switchVarsDirectory(context)}/`,
    ];
  }

  /** Brings a part and waits until its port answers; false when it was there. */
  async #bring(spec: ProcessSpec): Promise<boolean> {
    const { tell, stop } = this.#facts.context;
    const wanted = await this.#supervisor.wanted(spec.name);
    const isThere = wanted !== undefined &&
      parseProcessSpec(wanted).version === spec.version;
    if (!isThere) await this.#supervisor.want(spec.name, spec);
    const port = this.#facts.ports.of(spec.name);
    await this.#supervisor.untilReady(spec.name, {
      version: spec.version,
      isReady: () => Promise.resolve(!isFree(port)),
      stop: AbortSignal.any([stop, AbortSignal.timeout(PART_READY_MS)]),
    });
    tell(`${spec.name}: ${isThere ? "unchanged" : `runs on port ${port}`}`);
    return !isThere;
  }

  async #answersReady(node: string): Promise<boolean> {
    const { context, ports } = this.#facts;
    return await isHttpReady(
      `http://127.0.0.1:${portOf(context, ports, node)}`,
    );
  }

  async #spec(node: string, release: Release): Promise<ProcessSpec> {
    const spec = (await this.#specs(release.files)).get(node);
    if (spec) return spec;
    throw new Error(`release ${release.id} has no node ${node}`);
  }

  async #specs(files: Files): Promise<Map<string, ProcessSpec>> {
    return await readProcesses(files, this.#facts.secrets);
  }

  async #writeSecrets(): Promise<void> {
    const directory = `${this.#facts.context.state}/secrets`;
    await Deno.mkdir(directory, { recursive: true, mode: 0o700 });
    for (const [name, value] of Object.entries(this.#facts.secrets)) {
      await writeAtomically(`${directory}/${name}`, value, 0o600);
    }
  }
}

function pickShell(): Record<string, string> {
  const names = ["HOME", "PATH", "DENO_DIR", "TMPDIR"];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = Deno.env.get(name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
