import type { Config } from "../../src/config/config.ts";
import { readBounded } from "../alert_relay/read_bounded.ts";
import { type Finding, problem, warning, well } from "./finding.ts";
import type { Patient } from "./patient.ts";
import { quote, wordsOf } from "./printable.ts";

type Place = { readonly host: string; readonly port: number };
type PortName = "HTTP" | "ESL" | "GATEWAY";
type Taken = "free" | "taken" | Finding;

const MOST_BODY_BYTES = 65_536;

/** The server's own ports: free, or held by our running server, which is then asked how it is. */
export async function checkPorts(
  { config }: Patient,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (config === undefined) return [];
  const http = tryPort("HTTP", config.http);
  const esl = tryPort("ESL", config.esl);
  const running = http === "taken" && await isOurs(config.http, signal);
  const findings = [
    describe("HTTP", { place: config.http, taken: http, running }),
    describe("ESL", { place: config.esl, taken: esl, running }),
  ];
  // Without a token nobody listens there.
  if (config.http.apiToken !== undefined) {
    const { gateway: place } = config;
    const taken = tryPort("GATEWAY", place);
    findings.push(describe("GATEWAY", { place, taken, running }));
  }
  findings.push(...checkMediaHost(config));
  if (running) findings.push(await askReady(config.http, signal));
  if (running && esl === "free") {
    findings.push(warning(
      `our server runs, and nobody listens at ${at(config.esl)}`,
      "it is about to stop, or was started with another ESL_PORT",
    ));
  }
  return findings;
}

function tryPort(name: PortName, place: Place): Taken {
  const { host: hostname, port } = place;
  try {
    Deno.listen({ hostname, port }).close();
    return "free";
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "taken";
    const what = `${name}_HOST, ${name}_PORT: cannot listen at ${at(place)}`;
    return problem(
      `${what}: ${wordsOf(error)}`,
      error instanceof Deno.errors.PermissionDenied
        ? `set ${name}_PORT above 1023`
        : `set ${name}_HOST to an address of this machine, or 0.0.0.0`,
    );
  }
}

function describe(
  name: PortName,
  { place, taken, running }: { place: Place; taken: Taken; running: boolean },
): Finding {
  if (typeof taken === "object") return taken;
  const where = `${name}_PORT: ${at(place)}`;
  if (taken === "free") return well(`${where} is free`);
  if (running) return well(`${where} is held by our running server`);
  return problem(
    `${where} is held by another program`,
    `see ss -ltnp 'sport = :${place.port}'; stop it, or set ${name}_PORT`,
  );
}

function checkMediaHost({ mediaHost }: Config): Finding[] {
  if (mediaHost === undefined) return [];
  try {
    Deno.listenDatagram({ transport: "udp", hostname: mediaHost, port: 0 })
      .close();
    return [well(`MEDIA_HOST: ${mediaHost} is an address of this machine`)];
  } catch (error) {
    return [problem(
      `MEDIA_HOST: cannot bind ${mediaHost}: ${wordsOf(error)}`,
      "set it to an address of this machine that FreeSWITCH reaches, or leave it out",
    )];
  }
}

async function isOurs(place: Place, signal: AbortSignal): Promise<boolean> {
  try {
    const { body } = await get(place, "/health", signal);
    return JSON.parse(body).status === "ok";
  } catch {
    return false;
  }
}

async function askReady(place: Place, signal: AbortSignal): Promise<Finding> {
  try {
    const { status, body } = await get(place, "/ready", signal);
    const said = JSON.parse(body);
    if (status === 200) {
      return well(
        `our running server takes calls: ${Number(said.activeCalls)} of ${
          Number(said.maxConnections)
        }`,
      );
    }
    const reasons = Array.isArray(said.reasons) ? said.reasons : [];
    return problem(
      `our running server takes no calls: ${quote(reasons.join(", "))}`,
      "see its log",
    );
  } catch (error) {
    return problem(
      `our running server does not answer /ready: ${wordsOf(error)}`,
      "see its log",
    );
  }
}

async function get({ host, port }: Place, path: string, signal: AbortSignal) {
  const url = `http://${at({ host: reachable(host), port })}${path}`;
  const response = await fetch(url, { signal, redirect: "error" });
  const body = await readBounded(response.body, {
    mostBytes: MOST_BODY_BYTES,
    signal,
  });
  if (body === undefined) throw new RangeError(`${path} answers too much`);
  return { status: response.status, body };
}

function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function at({ host, port }: Place): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
