import { listApp, readApp } from "../app_files.ts";
import { APP_LIST, AppStore } from "../app_store.ts";
import { checkSite } from "../check_site.ts";
import { findProgram } from "../find_program.ts";
import { isHttpReady, untilHttpReady } from "../http_ready.ts";
import { portsOf } from "../node_settings.ts";
import { hashOf } from "../release_store.ts";
import { readSecrets } from "../secrets.ts";
import type { SiteNode } from "../site.ts";
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
import { renderSystemd } from "./render_systemd.ts";
import { reachHost, runOnHost, sendToHost } from "./host.ts";

const LOG = "journalctl -n 10 --no-pager -u vapi-cn@NODE; " +
  "tail -n 10 /var/log/vapi/NODE.log";

/** Hosts with systemd, by ssh, or this machine itself. */
export class SystemdTarget implements Target {
  readonly #context: DeployContext;
  readonly #apps: AppStore;
  #app: Files | undefined;

  constructor(context: DeployContext) {
    this.#context = context;
    this.#apps = new AppStore(context.state);
  }

  nodes(): Promise<string[]> {
    return Promise.resolve(this.#context.site.nodes.map(({ name }) => name));
  }

  async check(): Promise<Problem[]> {
    const { site } = this.#context;
    const problems = await checkSite(this.#context, ["tar"]);
    if (site.redis.mode === "managed") {
      problems.push({
        what: "redis.mode managed: this target runs no Redis",
        cure:
          "use mode external with url: env:REDIS_URL; apt-get install redis-server runs one",
      });
    }
    const needsSsh = site.nodes.some(({ host }) => !isHere(host));
    if (needsSsh && !await findProgram("ssh")) {
      const cure = "apt-get install openssh-client";
      return [...problems, { what: "ssh is not installed", cure }];
    }
    const found = await Promise.all(site.nodes.map(reachHost));
    return [...problems, ...found.flat()];
  }

  async render(canary?: Canary): Promise<Files> {
    this.#app ??= await readApp(this.#context.root);
    const files = await renderSystemd(this.#context, canary);
    return new Map([...files, [APP_LIST, await listApp(this.#app)]]);
  }

  async prepare(release: Release): Promise<boolean> {
    if (this.#app) await this.#apps.add(this.#app);
    await this.#apps.prune();
    return await writeSwitchVars(this.#context, release);
  }

  async version(node: string, { files }: Release): Promise<string> {
    const { values } = await readSecrets(this.#context.site);
    const own = [
      "vapi-cn@.service",
      `${node}.env`,
      "assistants.json",
      APP_LIST,
    ];
    const used = own.map((path) => [path, files.get(path) ?? ""] as const);
    const secrets = ["secrets", JSON.stringify(values)] as const;
    return await hashOf(new Map([...used, secrets]));
  }

  async isReady(node: string): Promise<boolean> {
    return await isHttpReady(this.#place(node).httpUrl);
  }

  async replace(name: string, release: Release): Promise<void> {
    const { stop } = this.#context;
    await this.#install(name, release, stop);
  }

  async untilReady(node: string, stop: AbortSignal): Promise<void> {
    await untilHttpReady(this.#place(node).httpUrl, stop);
  }

  async lastLines(name: string): Promise<string[]> {
    const script = LOG.replaceAll("NODE", name);
    const said = await runOnHost(this.#node(name), `${script} || true`).catch(
      (error) => String(error),
    );
    return said.trimEnd().split("\n");
  }

  async restore(name: string, release: Release | undefined): Promise<void> {
    if (release) return await this.#install(name, release);
    const unit = `vapi-cn@${name}.service`;
    await runOnHost(this.#node(name), `systemctl disable --now ${unit}`);
  }

  async smoke(node: string): Promise<string> {
    return await placeSwitchCall(this.#context.site, this.#place(node));
  }

  finish(): Promise<boolean> {
    return Promise.resolve(false);
  }

  hints(): string[] {
    return [
      "look:  systemctl status 'vapi-cn@*' on a node's host",
      `FreeSWITCH's variables: ${switchVarsDirectory(this.#context)}/`,
    ];
  }

  async #install(
    name: string,
    { id, files }: Release,
    stop?: AbortSignal,
  ): Promise<void> {
    const list = files.get(APP_LIST)!;
    const directory = await this.#apps.directoryOf(list);
    const { values } = await readSecrets(this.#context.site);
    const secrets = Object.entries(values).map(([key, value]) =>
      `${key}='${value}'\n`
    );
    const own = ["vapi-cn@.service", `${name}.env`, "assistants.json"];
    const sent = new Map([
      ...own.flatMap((path) =>
        files.has(path) ? [[path, files.get(path)!] as const] : []
      ),
      [`${name}.secrets`, secrets.join("")] as const,
    ]);
    const app = directory.split("/").at(-1)!;
    await sendToHost(this.#node(name), {
      app: directory,
      files: sent,
      script: files.get("install.sh")!,
      args: [name, id, app],
      stop,
    });
  }

  #node(name: string): SiteNode {
    return this.#context.site.nodes.find((each) => each.name === name)!;
  }

  #place(name: string) {
    const node = this.#node(name);
    const { httpPort, eslPort } = portsOf(node);
    return {
      esl: `${node.host}:${eslPort}`,
      httpUrl: `http://${node.host}:${httpPort}`,
    };
  }
}

function isHere(host: string): boolean {
  return /^(127\.|::1$|localhost$)/.test(host);
}
