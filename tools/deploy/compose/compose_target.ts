import { writeAtomically } from "../atomic_file.ts";
import { checkSite } from "../check_site.ts";
import { findProgram } from "../find_program.ts";
import { isHttpReady, untilHttpReady } from "../http_ready.ts";
import { portsOf } from "../node_settings.ts";
import { hashOf } from "../release_store.ts";
import { runProgram } from "../run_program.ts";
import { followReference, readSecrets } from "../secrets.ts";
import { placeSwitchCall } from "../switch_call.ts";
import type {
  Canary,
  DeployContext,
  Files,
  Problem,
  Release,
  Target,
} from "../target.ts";
import { switchVarsDirectory, writeSwitchVars } from "../write_switch_vars.ts";
import { parse } from "yaml";
import { renderCompose, TLS_DIR } from "./render_compose.ts";

const LAST_LINES = "20";
const CERTIFICATE = ["vapi.crt", "vapi.key"];
const BESIDE = [
  "freeswitch-check",
  "nginx",
  "prometheus",
  "alertmanager",
  "grafana",
];
/** A restart of FreeSWITCH ends calls: it is started, never replaced. */
const NEVER_REPLACED = ["freeswitch", "redis"];

/** Containers on this host, by docker compose (or the older docker-compose). */
export class ComposeTarget implements Target {
  readonly #context: DeployContext;

  constructor(context: DeployContext) {
    this.#context = context;
  }

  nodes(): Promise<string[]> {
    return Promise.resolve(this.#context.site.nodes.map(({ name }) => name));
  }

  async check(): Promise<Problem[]> {
    const { site } = this.#context;
    const problems = await checkSite(this.#context, []);
    if (new Set(site.nodes.map(({ host }) => host)).size > 1) {
      problems.push({
        what: "the nodes are on several hosts, and compose runs one",
        cure: "use --target systemd or kubernetes, or a site a host",
      });
    }
    problems.push(...findSharedPorts(this.#context));
    const tls = site.placeholders.TLS_DIR ?? TLS_DIR;
    for (const path of CERTIFICATE.map((name) => `${tls}/${name}`)) {
      if (await Deno.stat(path).catch(() => undefined)) continue;
      problems.push({
        what: `${path} is not there, and nginx does not start without it`,
        cure:
          "put the domain's certificate there (deploy/nginx/README.md), or set placeholders.TLS_DIR",
      });
    }
    const command = await composeCommand();
    if (command === undefined) {
      return [...problems, {
        what: "neither docker compose nor docker-compose is installed",
        cure: "install Docker with its compose plugin",
      }];
    }
    try {
      await runProgram(["docker", "info"]);
    } catch {
      problems.push({
        what: "no container engine answers",
        cure: "start it: systemctl start docker; and be in the group docker",
      });
    }
    return problems;
  }

  async render(canary?: Canary): Promise<Files> {
    return await renderCompose(this.#context, canary);
  }

  async prepare(release: Release): Promise<boolean> {
    const { state, site, tell } = this.#context;
    await Deno.mkdir(`${state}/secrets`, { recursive: true, mode: 0o700 });
    const isChanged = await writeSwitchVars(this.#context, release);
    const { values } = await readSecrets(site);
    const lines = Object.entries(values).map(([name, value]) =>
      `${name}='${value}'\n`
    );
    // The folder is closed; a container's user must read the file that is mounted.
    const path = `${state}/secrets/vapi.env`;
    await writeAtomically(path, lines.join(""), 0o444);
    await this.#writeSwitchPassword();
    const services = Object.keys(
      parse(release.files.get("compose.yaml")!).services,
    );
    const steady = services.filter((name) => NEVER_REPLACED.includes(name));
    await this.#compose(release, ["up", "-d", "--no-recreate", ...steady]);
    const beside = services.filter((name) => BESIDE.includes(name));
    await this.#compose(release, ["up", "-d", "--no-deps", ...beside]);
    tell(`${[...steady, ...beside].join(", ")}: run`);
    return isChanged;
  }

  async version(node: string, { files }: Release): Promise<string> {
    const { services } = parse(files.get("compose.yaml")!);
    const { values } = await readSecrets(this.#context.site);
    return await hashOf(
      new Map([
        ["service", JSON.stringify(services[node])],
        ["assistants", files.get("assistants/assistants.json") ?? ""],
        ["secrets", JSON.stringify(values)],
      ]),
    );
  }

  async isReady(node: string): Promise<boolean> {
    return await isHttpReady(this.#place(node).httpUrl);
  }

  async replace(node: string, release: Release): Promise<void> {
    const { stop } = this.#context;
    const args = ["up", "-d", "--no-deps", "--force-recreate", node];
    await this.#compose(release, args, stop);
  }

  async untilReady(node: string, stop: AbortSignal): Promise<void> {
    await untilHttpReady(this.#place(node).httpUrl, stop);
  }

  async lastLines(node: string): Promise<string[]> {
    const command = ["docker", "ps", "-aq", "--filter"];
    const { name } = this.#context.site;
    const label = `label=com.docker.compose.service=${node}`;
    const own = `label=com.docker.compose.project=${name}`;
    const id = await runProgram([...command, label, "--filter", own]);
    const said = await runProgram(
      ["docker", "logs", "--tail", LAST_LINES, id.trim().split("\n")[0]],
    ).catch((error) => String(error));
    return said.trimEnd().split("\n");
  }

  async restore(node: string, release: Release | undefined): Promise<void> {
    const args = ["up", "-d", "--no-deps", "--force-recreate", node];
    if (release) return await this.#compose(release, args);
    const { name } = this.#context.site;
    const own = `label=com.docker.compose.project=${name}`;
    const label = `label=com.docker.compose.service=${node}`;
    const ids = await runProgram(
      ["docker", "ps", "-aq", "--filter", label, "--filter", own],
    );
    const found = ids.trim().split("\n").filter((id) => id !== "");
    if (found.length > 0) await runProgram(["docker", "rm", "-f", ...found]);
  }

  async smoke(node: string): Promise<string> {
    return await placeSwitchCall(this.#context.site, this.#place(node));
  }

  async finish(release: Release): Promise<boolean> {
    const args = ["up", "-d", "--no-recreate", "--remove-orphans"];
    await this.#compose(release, args);
    return false;
  }

  hints(release: Release): string[] {
    const { name } = this.#context.site;
    return [
      `look:  docker compose -p ${name} -f ${release.directory}/compose.yaml ps`,
      `FreeSWITCH's variables: ${switchVarsDirectory(this.#context)}/`,
    ];
  }

  /** For the container that asks whether FreeSWITCH serves. */
  async #writeSwitchPassword(): Promise<void> {
    const { state, site } = this.#context;
    const [own] = site.freeswitch;
    const found = await followReference(own.eslPassword!);
    if (!("value" in found)) throw new Error(found.what);
    const path = `${state}/secrets/esl_password`;
    await writeAtomically(path, `${found.value}\n`, 0o400);
  }

  #place(name: string) {
    const node = this.#context.site.nodes.find((each) => each.name === name)!;
    const { httpPort, eslPort } = portsOf(node);
    return {
      esl: `${node.host}:${eslPort}`,
      httpUrl: `http://${node.host}:${httpPort}`,
    };
  }

  async #compose(
    release: Release,
    args: readonly string[],
    stop?: AbortSignal,
  ): Promise<void> {
    const command = await composeCommand();
    if (command === undefined) throw new Error("docker compose is not there");
    const file = `${release.directory}/compose.yaml`;
    const project = ["-p", this.#context.site.name, "-f", file];
    await runProgram([...command, ...project, ...args], { stop });
  }
}

/** How compose is called here; undefined when it is not installed. */
export async function composeCommand(): Promise<string[] | undefined> {
  if (await findProgram("docker")) {
    const plugin = ["docker", "compose"];
    const isThere = await runProgram([...plugin, "version"]).then(
      () => true,
      () => false,
    );
    if (isThere) return plugin;
  }
  return await findProgram("docker-compose") ? ["docker-compose"] : undefined;
}

/** Nodes on one host that have no ports of their own get the same ones. */
function findSharedPorts({ site }: DeployContext): Problem[] {
  const taken = new Map<number, string>([[80, "nginx"], [443, "nginx"], [
    3300,
    "grafana",
  ]]);
  taken.set(6379, "redis").set(9090, "prometheus").set(9093, "alertmanager");
  return site.nodes.flatMap((node) =>
    Object.values(portsOf(node)).flatMap((port) => {
      const other = taken.get(port);
      taken.set(port, node.name);
      if (other === undefined) return [];
      return [{
        what: `${node.name} has port ${port}, and so has ${other}`,
        cure: "give it httpPort and eslPort of its own",
      }];
    })
  );
}
