import { parseAllDocuments } from "yaml";
import { fillTemplate } from "../fill_template.ts";
import { commonSettings, hostNetwork, stopSeconds } from "../node_settings.ts";
import { renderSwitchVars } from "../freeswitch_vars.ts";
import { memoryLimitMib, memoryMib, processorMilli } from "../node_size.ts";
import { hashOf } from "../release_store.ts";
import type { Site } from "../site.ts";
import type { Canary, DeployContext, Files } from "../target.ts";
import { toYaml } from "../to_yaml.ts";

/** What is applied, in this order; the rest of the folder is for people. */
const APPLIED = [
  "namespace.yaml",
  "configmap.yaml",
  "service.yaml",
  "network_policy.yaml",
  "redis.yaml",
  "statefulset.yaml",
  "autoscaler.yaml",
];
const FOR_PEOPLE = ["prometheus-adapter.yaml"];
const REDIS_IMAGE = "redis:7.4-alpine";
const ASSISTANTS = "/etc/vapi-cn/assistants.json";

/** The Kubernetes objects of a site, one file a subject, and `index.txt` with the order. */
export async function renderKubernetes(
  context: DeployContext,
  canary?: Canary,
): Promise<Files> {
  const { site, root } = context;
  const files = new Map<string, string>();
  const values = await valuesOf(context);
  const isManaged = site.redis.mode === "managed";
  const applied = APPLIED.filter((name) => isManaged || name !== "redis.yaml");
  for (const name of [...applied, ...FOR_PEOPLE]) {
    const text = await Deno.readTextFile(`${root}/deploy/kubernetes/${name}`);
    // Comments are for those who read the template, and may name placeholders.
    const filled = parseAllDocuments(fillTemplate(text, values)).map((each) =>
      toYaml(each.toJS())
    );
    files.set(name, filled.join("---\n"));
  }
  const addresses = podAddresses(site);
  const vars = await renderSwitchVars(site, { root, addresses, canary });
  for (const [path, text] of vars) files.set(path, text);
  files.set("index.txt", applied.map((name) => `${name}\n`).join(""));
  return files;
}

/** Every pod that the autoscaler may start, and where FreeSWITCH finds it. */
function podAddresses({ name, nodes, kubernetes }: Site): Map<string, string> {
  const { namespace, maxNodes } = kubernetes;
  const most = Math.max(maxNodes, nodes.length);
  const domain = `${name}.${namespace}.svc.cluster.local`;
  return new Map(Array.from({ length: most }, (_, i) => {
    const pod = `${name}-${i}`;
    return [pod, `${pod}.${domain}:8084`];
  }));
}

/** Names of the secrets that nodes get, the address of an external Redis included. */
export function secretNames(site: Site): string[] {
  const own = Object.keys(site.secrets);
  return site.redis.mode === "external" ? [...own, "REDIS_URL"] : own;
}

async function valuesOf(
  context: DeployContext,
): Promise<Record<string, string>> {
  const { site, root } = context;
  const { namespace, maxNodes, hostNetwork: onHost } = site.kubernetes;
  const assistants = site.assistantsFile === undefined
    ? {}
    : { "assistants.json": await readFrom(root, site.assistantsFile) };
  const settings = settingsOf(site);
  const configuration = await hashOf(
    new Map(Object.entries({ ...settings, ...assistants })),
  );
  return {
    ...site.placeholders,
    NAME: site.name,
    NAMESPACE: namespace,
    IMAGE: site.image,
    REDIS_IMAGE: site.placeholders.REDIS_IMAGE ?? REDIS_IMAGE,
    NODES: String(site.nodes.length),
    MAX_NODES: String(Math.max(maxNodes, site.nodes.length)),
    HOST_NETWORK: String(onHost),
    DNS_POLICY: onHost ? "ClusterFirstWithHostNet" : "ClusterFirst",
    STOP_SECONDS: String(stopSeconds(site)),
    READY_SECONDS: String(site.sizes.readySeconds),
    CONFIGURATION: configuration,
    SETTINGS: JSON.stringify(settings),
    ASSISTANTS: JSON.stringify(assistants),
    ENVIRONMENT: JSON.stringify(environmentOf(site)),
    FREESWITCH_PEERS: JSON.stringify(
      networksOf(site).map((cidr) => ({ ipBlock: { cidr } })),
    ),
    ...resourcesOf(site),
  };
}

function settingsOf(site: Site): Record<string, string> {
  return {
    ...commonSettings(site),
    HTTP_HOST: "0.0.0.0",
    ESL_HOST: "0.0.0.0",
    ESL_ALLOW: networksOf(site).join(","),
    ...site.assistantsFile && { ASSISTANTS_FILE: ASSISTANTS },
    ...site.redis.mode === "managed" &&
      { REDIS_URL: `redis://${site.name}-redis:6379` },
  };
}

function environmentOf(site: Site): unknown[] {
  const name = { fieldRef: { fieldPath: "metadata.name" } };
  return [
    { name: "NODE_NAME", valueFrom: name },
    ...secretNames(site).map((key) => ({
      name: key,
      valueFrom: { secretKeyRef: { name: `${site.name}-secrets`, key } },
    })),
  ];
}

function networksOf(site: Site): string[] {
  const { freeswitchNetworks } = site.kubernetes;
  return freeswitchNetworks.length > 0
    ? freeswitchNetworks
    : site.freeswitch.map(({ host }) => hostNetwork(host));
}

function resourcesOf(site: Site): Record<string, string> {
  return {
    CPU: `${processorMilli(site)}m`,
    MEMORY: `${memoryMib(site)}Mi`,
    MEMORY_LIMIT: `${memoryLimitMib(site)}Mi`,
  };
}

async function readFrom(root: string, path: string): Promise<string> {
  return await Deno.readTextFile(
    path.startsWith("/") ? path : `${root}/${path}`,
  );
}
