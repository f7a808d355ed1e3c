import { isIP } from "node:net";
import { shardHeapMib } from "./node_size.ts";
import type { Site, SiteNode } from "./site.ts";

/** A node's ports when its site names none; those of docs/configuration.md. */
const HTTP_PORT = 3000;
const ESL_PORT = 8084;
const GATEWAY_PORT = 3001;

/** Beyond the drain: the farewell of the last calls, and some reserve. */
const STOP_RESERVE_SECONDS = 20;

/** How long a node may take from SIGTERM to its end, in seconds. */
export function stopSeconds(site: Site): number {
  return site.sizes.drainSeconds + STOP_RESERVE_SECONDS;
}

/** Where a node listens. */
export interface NodePorts {
  readonly httpPort: number;
  readonly eslPort: number;
  readonly gatewayPort: number;
}

/** The ports of a node on a host of its own, or as its site says. */
export function portsOf(node: SiteNode): NodePorts {
  return {
    httpPort: node.httpPort ?? HTTP_PORT,
    eslPort: node.eslPort ?? ESL_PORT,
    gatewayPort: node.gatewayPort ?? GATEWAY_PORT,
  };
}

/** Settings of one node that are no secrets, by the names of docs/configuration.md. */
export function nodeSettings(
  site: Site,
  node: SiteNode,
): Record<string, string> {
  const { httpPort, eslPort, gatewayPort } = portsOf(node);
  const listen = isIP(node.host) === 0 ? "0.0.0.0" : node.host;
  return {
    ...commonSettings(site),
    NODE_NAME: node.name,
    HTTP_HOST: listen,
    HTTP_PORT: String(httpPort),
    ...hasGateway(site) && {
      GATEWAY_HOST: listen,
      GATEWAY_PORT: String(gatewayPort),
    },
    ESL_HOST: listen,
    ESL_PORT: String(eslPort),
    ESL_ALLOW: allowed(site),
  };
}

/** Whether the nodes take calls of browsers: they do when they have a token. */
export function hasGateway(site: Site): boolean {
  return site.secrets.API_TOKEN !== undefined;
}

/** host:port of each node's gateway for browsers. */
export function gatewayAddresses(site: Site): string[] {
  return site.nodes.map((node) => `${node.host}:${portsOf(node).gatewayPort}`);
}

/** Settings that all nodes of a site share. */
export function commonSettings(site: Site): Record<string, string> {
  const { shards, maxConnections, drainSeconds } = site.sizes;
  return {
    SHARD_HEAP_MB: String(shardHeapMib(site)),
    ...site.settings,
    SHARDS: String(shards),
    MAX_CONNECTIONS: String(maxConnections),
    DRAIN_SECONDS: String(drainSeconds),
  };
}

/** The networks from which a node takes calls: FreeSWITCH's hosts and no other. */
export function allowed(site: Site): string {
  return site.freeswitch.map(({ host }) => hostNetwork(host)).join(",");
}

/** The network that has this one address. */
export function hostNetwork(address: string): string {
  return `${address}/${isIP(address) === 6 ? 128 : 32}`;
}
