import type { Files } from "./target.ts";

const SERVER = /^( *server )\S+( max_fails=.*)$/gm;
const SERVER_NAME = /^( *server_name ).*;$/gm;

/** What {@linkcode renderNginx} fills in. */
export interface EdgeOptions {
  readonly root: string;
  readonly domain: string;
  /** host:port of each node's HTTP. */
  readonly nodes: readonly string[];
  /** host:port of each node's gateway for browsers. */
  readonly gateways: readonly string[];
}

/** deploy/nginx with a site's domain and nodes: the files of nginx's conf.d. */
export async function renderNginx(
  { root, domain, nodes, gateways }: EdgeOptions,
): Promise<Files> {
  const read = (name: string) =>
    Deno.readTextFile(`${root}/deploy/nginx/${name}`);
  const site = (await read("vapi.conf")).replace(
    SERVER_NAME,
    (_, before) => `${before}${domain};`,
  );
  const files = new Map([["nginx/vapi.conf", site]]);
  for (
    const [name, addresses] of Object.entries({
      "vapi_upstream.conf": nodes,
      "vapi_gateway.conf": gateways,
    })
  ) {
    files.set(`nginx/${name}`, fillServers(await read(name), addresses));
  }
  return files;
}

/** Has these servers stand where the file has examples. Throws Error for a file without any. */
function fillServers(text: string, addresses: readonly string[]): string {
  const [line] = text.match(SERVER) ?? [];
  if (line === undefined) {
    throw new Error("Cannot list the nodes: an upstream has no server");
  }
  const lines = addresses.map((address) =>
    line.replace(SERVER, (_, before, after) => before + address + after)
  );
  let isFirst = true;
  return text.replace(SERVER, () => {
    const filled = isFirst ? lines.join("\n") : "";
    isFirst = false;
    return filled;
  }).replace(/\n\n+(?= *(keepalive|\}))/, "\n");
}
