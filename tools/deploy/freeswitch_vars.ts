import { canaryPattern, canaryShare } from "./canary_pattern.ts";
import { hostNetwork, portsOf } from "./node_settings.ts";
import type { Site, SiteSwitch } from "./site.ts";
import { SWITCH_PASSWORDS } from "./switch_passwords.ts";
import type { Canary, Files } from "./target.ts";

/** Lines of nodes in freeswitch/vapi_vars.xml: a call chooses one by its UUID. */
const LINES = "0123456789ab";

/** What {@linkcode renderSwitchVars} fills in besides the site. */
export interface SwitchVarsOptions {
  /** The repository's root. */
  readonly root: string;
  /** `host:port` by the node's name, as FreeSWITCH connects to it. */
  readonly addresses: ReadonlyMap<string, string>;
  readonly canary?: Canary;
}

/**
 * freeswitch/vapi_vars.xml for each FreeSWITCH of a site, with what the site
 * knows; the rest stays as it stands in the template. Each line of nodes has all
 * of them and begins with another one; a canary stands in no line. Passwords
 * are placeholders, filled in where nobody else reads.
 */
export async function renderSwitchVars(
  site: Site,
  options: SwitchVarsOptions,
): Promise<Files> {
  const path = `${options.root}/freeswitch/vapi_vars.xml`;
  const text = await Deno.readTextFile(path);
  const shared = { ...siteVars(site), ...nodeVars(options) };
  return new Map(site.freeswitch.map((each) => [
    switchVarsPath(each.name),
    setVars(text, { ...shared, ...ownVars(site, each) }),
  ]));
}

/** Where a FreeSWITCH's variables stand in a release. */
export function switchVarsPath(name: string): string {
  return `freeswitch/${name}/vapi_vars.template.xml`;
}

/** Where FreeSWITCH finds the nodes of a site that have hosts of their own. */
export function nodeAddresses(site: Site): Map<string, string> {
  return new Map(
    site.nodes.map((node) => [
      node.name,
      `${node.host}:${portsOf(node).eslPort}`,
    ]),
  );
}

function siteVars(site: Site): Record<string, string> {
  const numbers = site.trunks.map(({ number, assistant }) =>
    `${number}:${assistant}`
  );
  return {
    vapi_domain: site.domain,
    ...site.uap && {
      uap_cidr: hostNetwork(site.uap.address),
      uap_proxy: `${site.uap.address}:5060`,
    },
    ...numbers.length > 0 && { vapi_numbers: numbers.join(",") },
    ...site.agents.length > 0 && { vapi_agents: site.agents.join("|") },
  };
}

function nodeVars(
  { addresses, canary }: SwitchVarsOptions,
): Record<string, string> {
  const listed = [...addresses].filter(([name]) => name !== canary?.node)
    .map(([, address]) => address);
  const lines = [...LINES].map((digit, index) => {
    const from = index % listed.length;
    const turned = [...listed.slice(from), ...listed.slice(0, from)];
    return [`vapi_nodes_${digit}`, turned.join("|")];
  });
  return {
    ...Object.fromEntries(lines),
    vapi_canary: canary ? addresses.get(canary.node)! : "none",
    vapi_canary_pattern: canaryPattern(
      canary ? canaryShare(canary.percent) : 0,
    ),
  };
}

function ownVars(site: Site, own: SiteSwitch): Record<string, string> {
  const vip = site.placeholders.VIP ??
    (site.freeswitch.length === 1 ? own.host : undefined);
  const passwords = SWITCH_PASSWORDS.flatMap((
    { variable, field, placeholder },
  ) => own[field] === undefined ? [] : [[variable, placeholder]]);
  return {
    uap_rtp_ip: own.host,
    vapi_local_ip: own.host,
    ...vip && { uap_sip_ip: vip },
    ...Object.fromEntries(passwords),
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
