import type { Site } from "../site.ts";
import type { DeployContext, Problem } from "../target.ts";
import { isFree, type LocalPorts } from "./ports.ts";

const LOOPBACK = /^(127\.|localhost$|::1$)/;

/** A node's own ports count only when it is meant to run on this machine. */
function fixedPort(site: Site, name: string): number | undefined {
  const [node, kind] = name.split(":");
  const own = site.nodes.find((each) => each.name === node);
  if (own === undefined || !LOOPBACK.test(own.host)) return undefined;
  return kind === "esl" ? own.eslPort : own.httpPort;
}

/** The port of a process: the one that the site fixes, or one that was free. A node's event socket is called `NODE:esl`. */
export function portOf(
  { site }: DeployContext,
  ports: LocalPorts,
  name: string,
): number {
  return fixedPort(site, name) ?? ports.of(name);
}

/** Before anything runs: a port that the site fixes must be free; one that was chosen is chosen again. */
export function settlePorts(
  { site }: DeployContext,
  ports: LocalPorts,
): Problem[] {
  for (const name of ports.names()) {
    if (!isFree(ports.of(name))) ports.forget(name);
  }
  return site.nodes.flatMap(({ name }) =>
    [name, `${name}:esl`].flatMap((each) => {
      const port = fixedPort(site, each);
      if (port === undefined || isFree(port)) return [];
      return [{
        what: `port ${port} of ${name} is taken by another program`,
        cure:
          `stop that program (ss -ltnp 'sport = :${port}' names it), or leave the port out of the site`,
      }];
    })
  );
}

/** Where FreeSWITCH finds each node, by name. */
export function switchAddresses(
  context: DeployContext,
  ports: LocalPorts,
): Map<string, string> {
  return new Map(
    context.site.nodes.map(({ name }) => [
      name,
      `127.0.0.1:${portOf(context, ports, `${name}:esl`)}`,
    ]),
  );
}
