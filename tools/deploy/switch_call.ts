import { sumMetric } from "../metrics_text.ts";
import { followReference } from "./secrets.ts";
import type { Site, SiteSwitch } from "./site.ts";
import { SwitchConnection } from "./switch_connection.ts";

/** Frames of 20 ms that the node must send: one second. */
const ENOUGH_FRAMES = 50;
const PATIENCE_MS = 20_000;
const POLL_MS = 200;

/** A node as FreeSWITCH and Prometheus see it. */
export interface NodePlace {
  /** host:port of its event socket. */
  readonly esl: string;
  readonly httpUrl: string;
}

/** Why no call can be placed through FreeSWITCH. */
export function whyNoSmokeCall(site: Site, what: string): string {
  return site.freeswitch.some(({ eslPassword }) => eslPassword)
    ? `a ${what} has no address that is known here; call a number of the trunk`
    : "no FreeSWITCH of the site has eslPassword; call a number of the trunk";
}

/**
 * Has FreeSWITCH place a call to one node (`originate` of a loopback leg whose
 * other end is parked) and requires a second of audio by the node's own count.
 * Says how it went, or why no call could be placed; rejects when it went badly.
 * The node must carry no other new calls meanwhile, or theirs count too.
 */
export async function placeSwitchCall(
  site: Site,
  node: NodePlace,
): Promise<string> {
  const machine = site.freeswitch.find(({ eslPassword }) => eslPassword);
  if (machine === undefined) {
    return `no call was placed: ${whyNoSmokeCall(site, "node")}`;
  }
  const connection = await connect(machine);
  if (typeof connection === "string") {
    return `no call was placed: ${connection}`;
  }
  const uuid = crypto.randomUUID();
  try {
    const before = await countFrames(node);
    const said = await connection.api(
      `originate {origination_uuid=${uuid},originate_timeout=10}` +
        `loopback/app=park: '&socket(${node.esl} async full)'`,
    );
    if (!said.startsWith("+OK")) {
      throw new Error(
        `${machine.name} could not place the call: ${said.trim()}`,
      );
    }
    const deadline = performance.now() + PATIENCE_MS;
    while (await countFrames(node) - before < ENOUGH_FRAMES) {
      if (performance.now() > deadline) {
        throw new Error(`the call of ${machine.name} through it got no audio`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return `a call of ${machine.name} through it got audio`;
  } finally {
    await connection.api(`uuid_kill ${uuid}`).catch(() => "");
    connection.close();
  }
}

async function connect(
  { name, host, eslPort, eslPassword }: SiteSwitch,
): Promise<SwitchConnection | string> {
  const password = await followReference(eslPassword!);
  if (!("value" in password)) return `${name}: ${password.what}`;
  try {
    return await SwitchConnection.open({
      host,
      port: eslPort,
      password: password.value,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `${name}'s event socket at ${host}:${eslPort} cannot be used from here (${why})`;
  }
}

async function countFrames({ httpUrl }: NodePlace): Promise<number> {
  const response = await fetch(`${httpUrl}/metrics`, {
    signal: AbortSignal.timeout(5000),
  });
  const text = await response.text();
  return sumMetric(text, "vapi_audio_frames_total", "downlink");
}
