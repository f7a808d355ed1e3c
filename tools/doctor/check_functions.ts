import type { Config } from "../../src/config/config.ts";
import { type Finding, problem, well } from "./finding.ts";
import type { Patient } from "./patient.ts";
import { wordsOf } from "./printable.ts";

/** How long a service may take to take a connection, in milliseconds. */
const CONNECT_MS = 2000;
const PORTS: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** The services that functions ask: whether somebody listens there. They are not asked, since that may do something. */
export async function checkFunctions(
  { config }: Patient,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (config === undefined) return [];
  const services = servicesOf(config);
  if (services.size === 0) return [well("no function asks a service")];
  return await Promise.all(
    [...services].map(([origin, names]) => knock(origin, { names, signal })),
  );
}

/** By origin, e.g. `http://10.0.0.5:9000`, the functions that ask there. */
function servicesOf({ assistants }: Config): Map<string, string[]> {
  const services = new Map<string, string[]>();
  for (const { functions } of assistants.values()) {
    for (const { name, does } of functions) {
      if (!("url" in does)) continue;
      const { origin } = new URL(does.url);
      services.set(origin, [...services.get(origin) ?? [], name]);
    }
  }
  return services;
}

async function knock(
  origin: string,
  { names, signal }: {
    readonly names: readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<Finding> {
  const { protocol, hostname, port } = new URL(origin);
  const asking = [...new Set(names)].join(", ");
  try {
    const conn = await Deno.connect({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: port === "" ? PORTS[protocol] : Number(port),
      signal: AbortSignal.any([signal, AbortSignal.timeout(CONNECT_MS)]),
    });
    conn.close();
    return well(`${origin} takes connections (${asking})`);
  } catch (error) {
    signal.throwIfAborted();
    return problem(
      `nobody answers at ${origin} (${asking}): ${wordsOf(error)}`,
      "start the service, or correct the function's url in ASSISTANTS_FILE",
    );
  }
}
