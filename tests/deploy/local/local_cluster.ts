import assert from "node:assert/strict";
import type { SupervisorStatus } from "../../../tools/deploy/local/process_spec.ts";
import { SupervisorClient } from "../../../tools/deploy/local/supervisor_client.ts";
import { sumMetric } from "../../../tools/metrics_text.ts";
import { elementsOf, readXml } from "../../support/xml_reader.ts";
import type { DeployRig } from "../../tools/deploy/deploy_rig.ts";

/** What `--target local` of a rig has brought. */
export class LocalCluster {
  readonly #state: string;

  constructor({ directory }: DeployRig) {
    this.#state = `${directory}/local`;
  }

  get supervisor(): SupervisorClient {
    return new SupervisorClient(this.#state);
  }

  async status(): Promise<SupervisorStatus> {
    const status = await this.supervisor.status();
    assert.ok(status, "nothing runs");
    return status;
  }

  /** Ports by the name of their process, `:esl` behind a node's event socket. */
  async ports(): Promise<Record<string, number>> {
    const text = await Deno.readTextFile(`${this.#state}/ports.json`);
    return JSON.parse(text);
  }

  /** `http://…` of a process. */
  async url(name: string): Promise<string> {
    return `http://127.0.0.1:${(await this.ports())[name]}`;
  }

  /** One metric of a node, over the labels that contain `labels`. */
  async metric(node: string, name: string, labels = ""): Promise<number> {
    const response = await fetch(`${await this.url(node)}/metrics`);
    return sumMetric(await response.text(), name, labels);
  }

  /** Global variables of the vapi_vars.xml that the deploy wrote for FreeSWITCH. */
  async switchVariables(): Promise<Record<string, string>> {
    const path = `${this.#state}/secrets/freeswitch/local/vapi_vars.xml`;
    const root = readXml(await Deno.readTextFile(path));
    const lines = elementsOf(root).filter(({ name }) =>
      name === "X-PRE-PROCESS"
    );
    return Object.fromEntries(lines.map(({ attributes: { data } }) => {
      const at = data.indexOf("=");
      return [data.slice(0, at), data.slice(at + 1)];
    }));
  }

  /** Lines of the logs of some nodes, also of their processes that are gone. */
  async logs(
    nodes: readonly string[],
  ): Promise<Record<string, unknown>[]> {
    const texts = await Promise.all(
      nodes.map((node) => Deno.readTextFile(`${this.#state}/logs/${node}.log`)),
    );
    return texts.flatMap((text) => text.split("\n"))
      .filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  }
}
