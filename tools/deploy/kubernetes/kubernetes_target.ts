import { checkSite } from "../check_site.ts";
import { hashOf } from "../release_store.ts";
import { runProgram } from "../run_program.ts";
import { readSecrets } from "../secrets.ts";
import { whyNoSmokeCall } from "../switch_call.ts";
import type {
  Canary,
  DeployContext,
  Files,
  Problem,
  Release,
  Target,
} from "../target.ts";
import { switchVarsDirectory, writeSwitchVars } from "../write_switch_vars.ts";
import { renderKubernetes, secretNames } from "./render_kubernetes.ts";

const LAST_LINES = 20;
const HEAVY = ["statefulset.yaml", "configmap.yaml"];

/** A cluster that kubectl reaches: a StatefulSet whose pods are replaced one by one by lowering its partition. */
export class KubernetesTarget implements Target {
  readonly #context: DeployContext;
  #canary: Canary | undefined;

  constructor(context: DeployContext) {
    this.#context = context;
  }

  /** From the highest ordinal down, as Kubernetes updates a StatefulSet. */
  async nodes(): Promise<string[]> {
    const { name, nodes } = this.#context.site;
    const found = await this.#kubectl([
      "get",
      "statefulset",
      name,
      "--ignore-not-found",
      "-o",
      "jsonpath={.spec.replicas}",
    ]).catch(() => "");
    const count = Math.max(Number(found) || 0, nodes.length);
    return Array.from({ length: count }, (_, i) => `${name}-${count - 1 - i}`);
  }

  async check(): Promise<Problem[]> {
    const problems = await checkSite(this.#context, ["kubectl"]);
    if (problems.some(({ what }) => what.startsWith("kubectl"))) {
      return problems;
    }
    try {
      await runProgram(["kubectl", "version", "--request-timeout=10s"]);
      return problems;
    } catch (error) {
      const what = `the cluster cannot be reached: ${messageOf(error)}`;
      const cure = "choose it with: kubectl config use-context NAME";
      return [...problems, { what, cure }];
    }
  }

  async render(canary?: Canary): Promise<Files> {
    this.#canary = canary;
    return await renderKubernetes(this.#context, canary);
  }

  async prepare(release: Release): Promise<boolean> {
    const { tell } = this.#context;
    const names = release.files.get("index.txt")!.trim().split("\n");
    let isChanged = await writeSwitchVars(this.#context, release);
    for (const name of names) {
      const path = `${release.directory}/${name}`;
      const said = await runProgram(["kubectl", "apply", "-f", path]);
      if (/ (created|configured)$/m.test(said)) isChanged = true;
      for (const line of said.trim().split("\n")) tell(line);
      if (name === "namespace.yaml") await this.#applySecrets();
    }
    // What was applied holds every pod back: a canary that stays would come back
    // as what it was when its pod starts again.
    if (this.#canary) await this.replace(this.#canary.node);
    return isChanged;
  }

  async version(_node: string, { files }: Release): Promise<string> {
    const { values } = await readSecrets(this.#context.site);
    const own = HEAVY.map((name) => [name, files.get(name) ?? ""] as const);
    const secrets = Object.entries(values).map(([name, value]) =>
      [`secret:${name}`, value] as const
    );
    return await hashOf(new Map([...own, ...secrets]));
  }

  async isReady(node: string): Promise<boolean> {
    const said = await this.#kubectl([
      "get",
      "pod",
      node,
      "--ignore-not-found",
      "-o",
      'jsonpath={.status.conditions[?(@.type=="Ready")].status}',
    ]);
    return said.trim() === "True";
  }

  async replace(node: string): Promise<void> {
    const { name } = this.#context.site;
    const ordinal = Number(node.slice(name.length + 1));
    const patch = {
      spec: { updateStrategy: { rollingUpdate: { partition: ordinal } } },
    };
    const args = ["patch", "statefulset", name, "-p", JSON.stringify(patch)];
    await this.#kubectl(args);
  }

  async untilReady(_node: string, stop: AbortSignal): Promise<void> {
    const { name, sizes } = this.#context.site;
    // The drain of the old pod comes before the start of the new one.
    const seconds = sizes.drainSeconds + sizes.readySeconds;
    await this.#kubectl(
      ["rollout", "status", `statefulset/${name}`, `--timeout=${seconds}s`],
      stop,
    );
  }

  async lastLines(node: string): Promise<string[]> {
    const said = await this.#kubectl([
      "logs",
      node,
      `--tail=${LAST_LINES}`,
      "--all-containers",
    ]).catch((error) => messageOf(error));
    return said.trimEnd().split("\n");
  }

  /** A pod that never got ready blocks the StatefulSet until somebody deletes it. */
  async restore(node: string, release: Release | undefined): Promise<void> {
    const { name } = this.#context.site;
    if (release === undefined) {
      await this.#kubectl(["delete", "statefulset", name, "--wait=false"]);
      return;
    }
    for (const file of HEAVY) {
      const path = `${release.directory}/${file}`;
      await runProgram(["kubectl", "apply", "-f", path]);
    }
    await this.replace(node);
    await this.#kubectl(["delete", "pod", node, "--wait=false"]);
  }

  async smoke(): Promise<string> {
    return await Promise.resolve(
      `no call was placed: ${whyNoSmokeCall(this.#context.site, "pod")}`,
    );
  }

  finish(): Promise<boolean> {
    return Promise.resolve(false);
  }

  hints(release: Release): string[] {
    const { name, kubernetes } = this.#context.site;
    return [
      `look:  kubectl -n ${kubernetes.namespace} get pods -l app=${name}`,
      `files: ${release.directory}`,
      `FreeSWITCH's variables: ${switchVarsDirectory(this.#context)}/`,
    ];
  }

  /** By standard input: the values never stand in a file or on a command line. */
  async #applySecrets(): Promise<void> {
    const { site } = this.#context;
    if (secretNames(site).length === 0) return;
    const { values } = await readSecrets(site);
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: {
        name: `${site.name}-secrets`,
        namespace: site.kubernetes.namespace,
      },
      stringData: values,
    };
    await runProgram(
      ["kubectl", "apply", "--server-side", "--force-conflicts", "-f", "-"],
      { input: JSON.stringify(secret) },
    );
  }

  async #kubectl(
    args: readonly string[],
    stop?: AbortSignal,
  ): Promise<string> {
    const { namespace } = this.#context.site.kubernetes;
    return await runProgram(["kubectl", "-n", namespace, ...args], { stop });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
