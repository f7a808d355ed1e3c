import { startFlags } from "../../start_flags.ts";
import { renderNginx } from "../edge_files.ts";
import { fillTemplate } from "../fill_template.ts";
import { nodeAddresses, renderSwitchVars } from "../freeswitch_vars.ts";
import { targetsFile } from "../monitoring_files.ts";
import {
  gatewayAddresses,
  nodeSettings,
  portsOf,
  stopSeconds,
} from "../node_settings.ts";
import { memoryLimitMib } from "../node_size.ts";
import type { Canary, DeployContext, Files } from "../target.ts";

/** Where Deno is on a node's host, unless the site's placeholders say otherwise. */
const DENO = "/usr/local/bin/deno";

/** The unit, the script that installs a node, and each node's settings. */
export async function renderSystemd(
  context: DeployContext,
  canary?: Canary,
): Promise<Files> {
  const { site, root } = context;
  const read = (path: string) => Deno.readTextFile(`${root}/${path}`);
  const flags = startFlags(await read("deno.json"));
  const unit = fillTemplate(await read("deploy/systemd/vapi-cn@.service"), {
    DENO,
    ...site.placeholders,
    FLAGS: flags.join(" "),
    STOP_SECONDS: String(stopSeconds(site)),
    MEMORY_LIMIT: String(memoryLimitMib(site)),
  });
  const files = new Map([
    ["vapi-cn@.service", unit],
    ["install.sh", await read("deploy/systemd/install.sh")],
  ]);
  const { assistantsFile } = site;
  if (assistantsFile !== undefined) {
    const path = assistantsFile.startsWith("/")
      ? assistantsFile
      : `${root}/${assistantsFile}`;
    files.set("assistants.json", await Deno.readTextFile(path));
  }
  for (const node of site.nodes) {
    const settings = {
      ...nodeSettings(site, node),
      ...assistantsFile &&
        { ASSISTANTS_FILE: `/etc/vapi-cn/${node.name}.assistants.json` },
    };
    const lines = Object.entries(settings).map(([name, value]) =>
      `${name}='${value}'\n`
    );
    files.set(`${node.name}.env`, lines.join(""));
  }
  const servers = site.nodes.map((node) =>
    `${node.host}:${portsOf(node).httpPort}`
  );
  files.set("prometheus/targets/vapi.yml", targetsFile(servers));
  const edge = await renderNginx({
    root,
    domain: site.domain,
    nodes: servers,
    gateways: gatewayAddresses(site),
  });
  const addresses = nodeAddresses(site);
  const vars = await renderSwitchVars(site, { root, addresses, canary });
  return new Map([...files, ...edge, ...vars]);
}
