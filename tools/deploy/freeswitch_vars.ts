import { portsOf } from "./node_settings.ts";
import { hostNetwork } from "./node_settings.ts";
import type { Site, SiteSwitch } from "./site.ts";
import type { Files } from "./target.ts";

/** Lines of nodes in freeswitch/vapi_vars.xml: a call chooses one by its UUID. */
const LINES = "0123456789ab";

/**
 * freeswitch/vapi_vars.xml for each FreeSWITCH of a site, with what the site
 * knows; passwords and the rest stay as they stand in the template. Each line of
 * nodes has all of them and begins with another one. `addresses` are those that
 * FreeSWITCH connects to, `host:port`.
 */
export async function renderSwitchVars(
  site: Site,
  { root, addresses }: {
    readonly root: string;
    readonly addresses: readonly string[];
  },
): Promise<Files> {
  const text = await Deno.readTextFile(`${root}/freeswitch/vapi_vars.xml`);
  const shared: Record<string, string> = { vapi_domain: site.domain };
  if (site.uap) {
    shared.uap_cidr = hostNetwork(site.uap.address);
    shared.uap_proxy = `${site.uap.address}:5060`;
  }
  if (site.trunks.length > 0) {
    shared.vapi_numbers = site.trunks.map(({ number, assistant }) =>
      `${number}:${assistant}`
    ).join(",");
  }
  for (const [index, digit] of [...LINES].entries()) {
    const from = index % addresses.length;
    const turned = [...addresses.slice(from), ...addresses.slice(0, from)];
    shared[`vapi_nodes_${digit}`] = turned.join("|");
  }
  return new Map(site.freeswitch.map((each) => [
    `freeswitch/${each.name}/vapi_vars.xml`,
    setVars(text, { ...shared, ...ownVars(site, each) }),
  ]));
}

/** Where FreeSWITCH finds the nodes of a site that have hosts of their own. */
export function nodeAddresses(site: Site): string[] {
  return site.nodes.map((node) => `${node.host}:${portsOf(node).eslPort}`);
}

function ownVars(site: Site, { host }: SiteSwitch): Record<string, string> {
  const vip = site.placeholders.VIP ??
    (site.freeswitch.length === 1 ? host : undefined);
  return {
    uap_rtp_ip: host,
    vapi_local_ip: host,
    ...vip && { uap_sip_ip: vip },
  };
}

/** Gives variables of FreeSWITCH's preprocessor other values. Throws Error for one that the file does not have. */
function setVars(text: string, values: Record<string, string>): string {
  for (const [name, value] of Object.entries(values)) {
    const line = new RegExp(`(cmd="set" data="${name}=)[^"]*(")`);
    if (!line.test(text)) {
      throw new Error(
        `Cannot set ${name}: freeswitch/vapi_vars.xml has no such line`,
      );
    }
    text = text.replace(line, (_, before, after) => before + value + after);
  }
  return text;
}
