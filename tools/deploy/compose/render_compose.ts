import { parse } from "yaml";
import { renderNginx } from "../edge_files.ts";
import { fillTemplate } from "../fill_template.ts";
import { nodeAddresses, renderSwitchVars } from "../freeswitch_vars.ts";
import { alertmanagerConfiguration, targetsFile } from "../monitoring_files.ts";
import {
  gatewayAddresses,
  nodeSettings,
  portsOf,
  stopSeconds,
} from "../node_settings.ts";
import type { Site, SiteNode } from "../site.ts";
import type { Canary, DeployContext, Files } from "../target.ts";
import { memoryLimitMib } from "../node_size.ts";
import { toYaml } from "../to_yaml.ts";

/** What runs beside the nodes. A site's placeholders may name others. */
const IMAGES: Readonly<Record<string, string>> = {
  REDIS_IMAGE: "redis:7.4-alpine",
  FREESWITCH_IMAGE: "safarov/freeswitch:1.10.12",
  BASH_IMAGE: "bash:5.2",
  NGINX_IMAGE: "nginx:1.28-alpine",
  PROMETHEUS_IMAGE: "prom/prometheus:v2.55.1",
  ALERTMANAGER_IMAGE: "prom/alertmanager:v0.27.0",
  GRAFANA_IMAGE: "grafana/grafana:11.6.0",
  FILEBEAT_IMAGE: "docker.elastic.co/beats/filebeat:8.17.0",
};
const ASSISTANTS = "/etc/vapi-cn/assistants.json";

/** Where the host has vapi.crt and vapi.key, unless the site's placeholders say otherwise. */
export const TLS_DIR = "/etc/nginx/tls";

/** The service of a node's name. */
type Service = Record<string, unknown> & { environment?: unknown };

/** compose.yaml with a service for each node, and all that it mounts but the secrets. */
export async function renderCompose(
  context: DeployContext,
  canary?: Canary,
): Promise<Files> {
  const { site, root, state } = context;
  const read = (path: string) => Deno.readTextFile(`${root}/deploy/${path}`);
  const filled = fillTemplate(await read("compose/compose.yaml"), {
    ...IMAGES,
    TLS_DIR,
    ...site.placeholders,
    NAME: site.name,
    IMAGE: site.image,
    STOP_SECONDS: String(stopSeconds(site)),
    MEMORY_LIMIT: `${memoryLimitMib(site)}m`,
    SECRETS_FILE: `${state}/secrets/vapi.env`,
    ESL_PASSWORD_FILE: `${state}/secrets/esl_password`,
    FREESWITCH_ESL_PORT: String(site.freeswitch[0]?.eslPort ?? 8021),
  });
  const files = new Map([["compose.yaml", expandNodes(filled, site)]]);
  const { assistantsFile } = site;
  if (assistantsFile !== undefined) {
    const path = assistantsFile.startsWith("/")
      ? assistantsFile
      : `${root}/${assistantsFile}`;
    files.set("assistants/assistants.json", await Deno.readTextFile(path));
  } else files.set("assistants/README", "No assistants file in the site.\n");
  for (const [path, text] of await monitoring(site, read, root)) {
    files.set(path, text);
  }
  // Run by bash: the file's mode is not kept.
  for (const script of ["check_fs.sh", "fs_api.sh"]) {
    files.set(`keepalived/${script}`, await read(`keepalived/${script}`));
  }
  const addresses = nodeAddresses(site);
  const vars = await renderSwitchVars(site, { root, addresses, canary });
  return new Map([...files, ...vars]);
}

function expandNodes(text: string, site: Site): string {
  const { services, "x-log": _log, "x-own": _own, ...rest } = parse(text, {
    merge: true,
  });
  const { node, redis, ...others } = services;
  const nodes = site.nodes.map((each) => [
    each.name,
    nodeService(node, site, each),
  ]);
  return toYaml({
    ...rest,
    services: {
      ...Object.fromEntries(nodes),
      ...site.redis.mode === "managed" && { redis },
      ...others,
    },
  });
}

function nodeService(template: Service, site: Site, node: SiteNode): Service {
  return {
    ...template,
    environment: {
      ...nodeSettings(site, node),
      ...site.assistantsFile && { ASSISTANTS_FILE: ASSISTANTS },
      ...site.redis.mode === "managed" &&
        { REDIS_URL: "redis://127.0.0.1:6379" },
    },
  };
}

async function monitoring(
  site: Site,
  read: (path: string) => Promise<string>,
  root: string,
): Promise<Files> {
  const servers = site.nodes.map((node) =>
    `${node.host}:${portsOf(node).httpPort}`
  );
  const alerts = await read("alertmanager/alertmanager.yml");
  const files = new Map([
    ["prometheus/prometheus.yml", await read("prometheus/prometheus.yml")],
    ["prometheus/targets/vapi.yml", targetsFile(servers)],
    ["prometheus/targets/alertmanager.yml", targetsFile(["127.0.0.1:9093"])],
    ["alertmanager/alertmanager.yml", alertmanagerConfiguration(alerts)],
    [
      "filebeat/filebeat.yml",
      containerLogs(await read("filebeat/filebeat.yml")),
    ],
  ]);
  const edge = await renderNginx({
    root,
    domain: site.domain,
    nodes: servers,
    gateways: gatewayAddresses(site),
  });
  for (const [path, text] of edge) files.set(path, text);
  const folders = [
    "prometheus/rules",
    "grafana/dashboards",
    "grafana/provisioning/dashboards",
    "grafana/provisioning/datasources",
  ];
  for (const folder of folders) {
    for await (const { name } of Deno.readDir(`${root}/deploy/${folder}`)) {
      files.set(`${folder}/${name}`, await read(`${folder}/${name}`));
    }
  }
  return files;
}

/** The first input reads what Docker writes, and keeps the lines of our log. */
function containerLogs(text: string): string {
  const settings = parse(text);
  const [own] = settings["filebeat.inputs"];
  own.paths = ["/var/lib/docker/containers/*/*-json.log"];
  own.parsers = [{ container: { stream: "stdout" } }, ...own.parsers];
  const foreign = { not: { has_fields: ["vapi.message"] } };
  own.processors = [{ drop_event: { when: foreign } }, ...own.processors];
  return toYaml(settings);
}
