import { startFlags } from "../../start_flags.ts";
import { commonSettings, hasGateway, stopSeconds } from "../node_settings.ts";
import type { DeployContext, Files } from "../target.ts";
import {
  alertmanagerConfiguration,
  nginxConfiguration,
  prometheusConfiguration,
  rulesFile,
  targetsFile,
} from "../monitoring_files.ts";
import type { PartName } from "./parts.ts";
import type { ProcessSpec } from "./process_spec.ts";

/** Ports by the name of their process, `:esl` behind a node's event socket. */
type PortOf = (name: string) => number;

/** A process without what is known only when it is brought. */
export type RenderedProcess = Omit<ProcessSpec, "version">;

/** What {@linkcode renderLocal} needs. */
export interface LocalParts {
  readonly context: DeployContext;
  readonly portOf: PortOf;
  readonly programs: ReadonlyMap<PartName, string>;
  /** Where the copy of the nodes' sources is or will be. */
  readonly app: string;
  /** Variables of the shell that the processes need. */
  readonly shell: Readonly<Record<string, string>>;
  /** Names of the secrets that nodes get. */
  readonly secrets: readonly string[];
}

/** Processes end in the opposite order. */
const FIRST = 0;
const NODES = 1;
const LAST = 2;
const PART_STOP_SECONDS = 10;

/** A local cluster's processes and their configuration, as files of a release. */
export async function renderLocal(parts: LocalParts): Promise<Files> {
  const files = new Map<string, string>();
  for (const [path, text] of await configurations(parts)) {
    files.set(`conf/${path}`, text);
  }
  for (const spec of processes(parts)) {
    const text = JSON.stringify(spec, undefined, 2) + "\n";
    files.set(`processes/${spec.name}.json`, text);
  }
  return files;
}

function processes(parts: LocalParts): RenderedProcess[] {
  const { context } = parts;
  const { site } = context;
  const others = [...parts.programs].map(([part, program]) =>
    partProcess(part, program, parts)
  );
  const nodes = site.nodes.map(({ name }) => nodeProcess(name, parts));
  return site.model === "simulator"
    ? [modelProcess(parts), ...others, ...nodes]
    : [...others, ...nodes];
}

function nodeProcess(name: string, parts: LocalParts): RenderedProcess {
  const { context, portOf, shell, programs } = parts;
  const { site, root, state } = context;
  const flags = startFlags(Deno.readTextFileSync(`${root}/deno.json`));
  const { assistantsFile } = site;
  return {
    name,
    order: NODES,
    command: Deno.execPath(),
    args: ["run", ...flags, "main.ts"],
    directory: parts.app,
    environment: {
      ...shell,
      ...commonSettings(site),
      NO_COLOR: "1",
      NODE_NAME: name,
      HTTP_PORT: String(portOf(name)),
      ESL_PORT: String(portOf(`${name}:esl`)),
      // Any that is free: whoever books a call is told.
      ...hasGateway(site) && { GATEWAY_PORT: "0" },
      ...assistantsFile && { ASSISTANTS_FILE: absolute(assistantsFile, root) },
      ...programs.has("redis") &&
        { REDIS_URL: `redis://127.0.0.1:${portOf("redis")}` },
      ...site.model === "simulator" &&
        { STEPFUN_URL: `ws://127.0.0.1:${portOf("model")}/v1/realtime` },
    },
    secrets: Object.fromEntries(
      parts.secrets.map((each) => [each, `${state}/secrets/${each}`]),
    ),
    stopSeconds: stopSeconds(site),
  };
}

function modelProcess({ context, portOf, shell }: LocalParts): RenderedProcess {
  const program = `${context.root}/tools/simulate_stepfun.ts`;
  return {
    name: "model",
    order: FIRST,
    command: Deno.execPath(),
    args: [
      "run",
      "--unstable-net",
      "--allow-net",
      "--allow-env",
      "--allow-read",
    ]
      .concat([program, "--port", String(portOf("model"))]),
    directory: context.root,
    environment: { ...shell, NO_COLOR: "1" },
    secrets: {},
    stopSeconds: PART_STOP_SECONDS,
  };
}

function partProcess(
  part: PartName,
  command: string,
  { context, portOf, shell }: LocalParts,
): RenderedProcess {
  const directory = `${context.state}/data/${part}`;
  const conf = `${context.state}/conf/${part}`;
  const port = portOf(part);
  const args: Record<PartName, string[]> = {
    redis: [
      ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory],
      ["--save", "", "--appendonly", "no"],
    ].flat(),
    nginx: ["-p", directory, "-c", `${conf}/nginx.conf`, "-e", "stderr"],
    prometheus: [
      `--config.file=${conf}/prometheus.yml`,
      `--storage.tsdb.path=${directory}`,
      "--storage.tsdb.retention.time=1d",
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    alertmanager: [
      `--config.file=${conf}/alertmanager.yml`,
      `--storage.path=${directory}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--cluster.listen-address=",
    ],
  };
  return {
    name: part,
    order: part === "redis" ? FIRST : LAST,
    command,
    args: args[part],
    directory,
    environment: { ...shell },
    secrets: {},
    stopSeconds: PART_STOP_SECONDS,
  };
}

async function configurations(
  { context, portOf, programs }: LocalParts,
): Promise<Files> {
  const { site, root } = context;
  const files = new Map<string, string>();
  const read = (path: string) => Deno.readTextFile(`${root}/deploy/${path}`);
  const at = (name: string) => `127.0.0.1:${portOf(name)}`;
  const nodes = site.nodes.map(({ name }) => at(name));
  if (programs.has("nginx")) {
    files.set("nginx/nginx.conf", nginxConfiguration(nodes, at("nginx")));
  }
  if (programs.has("alertmanager")) {
    const text = await read("alertmanager/alertmanager.yml");
    const path = "alertmanager/alertmanager.yml";
    files.set(path, alertmanagerConfiguration(text, site.local));
  }
  if (!programs.has("prometheus")) return files;
  const text = await read("prometheus/prometheus.yml");
  const port = portOf("prometheus");
  files.set(
    "prometheus/prometheus.yml",
    prometheusConfiguration(text, { port, ...site.local }),
  );
  for await (
    const { name } of Deno.readDir(`${root}/deploy/prometheus/rules`)
  ) {
    const path = `prometheus/rules/${name}`;
    files.set(path, rulesFile(await read(path), site.local));
  }
  files.set("prometheus/targets/vapi.yml", targetsFile(nodes));
  const alertmanagers = programs.has("alertmanager")
    ? [at("alertmanager")]
    : [];
  const path = "prometheus/targets/alertmanager.yml";
  files.set(path, targetsFile(alertmanagers));
  return files;
}

function absolute(path: string, root: string): string {
  return path.startsWith("/") ? path : `${root}/${path}`;
}
