import type { Files } from "./target.ts";

const SERVER = /^( *server )\S+( max_fails=.*)$/gm;
const SERVER_NAME = /^( *server_name ).*;$/gm;

/** What {@linkcode renderNginx} fills in. */
export interface EdgeOptions {
  readonly root: string;
  readonly domain: string;
  /** host:port of each node's HTTP. */
  readonly nodes: readonly string[];
}

/** deploy/nginx with a site's domain and nodes: the files of nginx's conf.d. */
export async function renderNginx(
  { root, domain, nodes }: EdgeOptions,
): Promise<Files> {
  const read = (name: string) =>
    Deno.readTextFile(`${root}/deploy/nginx/${name}`);
  const site = (await read("vapi.conf")).replace(
    SERVER_NAME,
    (_, before) => `${before}${domain};`,
  );
  const upstream = await read("vapi_upstream.conf");
  const [line] = upstream.match(SERVER) ?? [];
  if (line === undefined) {
    throw new Error("Cannot list the nodes: vapi_upstream.conf has no server");
  }
  const lines = nodes.map((node) =>
    line.replace(SERVER, (_, before, after) => before + node + after)
  );
  let isFirst = true;
  const filled = upstream.replace(SERVER, () => {
    const text = isFirst ? lines.join("\n") : "";
    isFirst = false;
    return text;
  }).replace(/\n\n+(?= *keepalive)/, "\n");
  return new Map([
    ["nginx/vapi.conf", site],
    ["nginx/vapi_upstream.conf", filled],
  ]);
}
