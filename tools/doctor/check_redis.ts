import type { Redis } from "ioredis";
import { type Finding, problem, warning, well } from "./finding.ts";
import { judgeClock } from "./judge_clock.ts";
import type { Patient } from "./patient.ts";
import { quote, wordsOf } from "./printable.ts";
import { connectRedis, parseRedisUrl } from "./redis_clients.ts";

const CONNECT_MS = 3000;
const PINGS = 5;
/** A write must not hold a call up that is being answered. */
const SLOW_MS = 20;
/** The first version with streams. */
const LEAST_MAJOR = 5;

/** The store that REDIS_URL names: reachable, fast, new enough, a master, and one that forgets nothing. */
export async function checkRedis(
  { config }: Patient,
  signal: AbortSignal,
): Promise<Finding[]> {
  if (config === undefined) return [];
  const { redisUrl } = config.store;
  if (redisUrl === undefined) {
    return [warning(
      "REDIS_URL is not set: sessions live in this node's memory",
      "set it when a call is to go on at another node after this one has died",
    )];
  }
  const place = parseRedisUrl(redisUrl);
  const connection = connectRedis(place, CONNECT_MS);
  signal.addEventListener("abort", () => void connection.close(), {
    once: true,
  });
  try {
    const masters = await connection.masters();
    const findings = await Promise.all(masters.map(examine));
    const asksOthers = config.http.apiToken !== undefined;
    const heard = asksOthers ? [await tryChannel(masters[0])] : [];
    return [...findings.flat(), ...heard];
  } catch (error) {
    signal.throwIfAborted();
    return [describeFailure(error, place.hosts)];
  } finally {
    await connection.close();
  }
}

async function examine(redis: Redis): Promise<Finding[]> {
  const latencyMs = await ping(redis);
  const facts = readInfo(await redis.info());
  const askedMs = Date.now();
  const [seconds, micros] = await redis.time();
  const meanMs = (askedMs + Date.now()) / 2;
  const serverMs = Number(seconds) * 1000 + Number(micros) / 1000;
  return [
    judgeLatency(latencyMs),
    ...judgeInfo(facts),
    judgeClock("Redis", meanMs - serverMs),
  ];
}

/** REST asks the other nodes by channels; an empty question is answered by nobody. */
async function tryChannel(redis: Redis): Promise<Finding> {
  try {
    const nodes = await redis.publish("vapi:questions", "{}");
    return well(`REST reaches ${nodes} running nodes by Redis' channels`);
  } catch (error) {
    return warning(
      `REST speaks of one node alone: ${wordsOf(error)}`,
      "let this user have the channels: ACL SETUSER … &vapi:* +@pubsub (docs/events.md)",
    );
  }
}

/** The middle one of some. */
async function ping(redis: Redis): Promise<number> {
  const timesMs: number[] = [];
  for (let i = 0; i < PINGS; i++) {
    const startMs = performance.now();
    await redis.ping();
    timesMs.push(performance.now() - startMs);
  }
  return timesMs.sort((a, b) => a - b)[Math.floor(PINGS / 2)];
}

function judgeLatency(latencyMs: number): Finding {
  const what = `Redis answers PING in ${latencyMs.toFixed(1)} ms`;
  return latencyMs <= SLOW_MS
    ? well(what)
    : warning(what, "put Redis into the same network as the nodes");
}

/** The fields of INFO, by name. */
export function readInfo(text: string): Map<string, string> {
  return new Map(
    text.split(/\r?\n/).filter((line) => line.includes(":")).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

/** Judges what INFO says of version, role and memory. */
export function judgeInfo(facts: ReadonlyMap<string, string>): Finding[] {
  const version = facts.get("redis_version") ?? "?";
  const role = facts.get("role") ?? "?";
  const policy = facts.get("maxmemory_policy") ?? "?";
  const most = Number(facts.get("maxmemory") ?? 0);
  return [
    Number.parseInt(version) >= LEAST_MAJOR
      ? well(`Redis ${quote(version)}`)
      : problem(
        `Redis ${quote(version)} has no streams`,
        `use Redis ${LEAST_MAJOR} or later`,
      ),
    role === "master" ? well("it is a master") : problem(
      `it is a ${quote(role)}, which takes no writes`,
      "name the master in REDIS_URL, or use redis+sentinel://",
    ),
    judgePolicy(policy, most),
  ];
}

function judgePolicy(policy: string, mostBytes: number): Finding {
  const what = `maxmemory-policy is ${quote(policy)}`;
  if (policy === "noeviction") return well(`${what}: nothing is forgotten`);
  const todo = "redis-cli CONFIG SET maxmemory-policy noeviction";
  return mostBytes === 0
    ? warning(`${what}, without effect while maxmemory is 0`, todo)
    : problem(`${what}: sessions are forgotten when memory is full`, todo);
}

function describeFailure(
  error: unknown,
  hosts: readonly { readonly host: string; readonly port: number }[],
): Finding {
  const words = wordsOf(error);
  const where = hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  const refused = /WRONGPASS|NOAUTH|invalid password|without any password/i;
  const todo = refused.test(words)
    ? "set user and password in REDIS_URL: redis://user:password@host:port"
    : /NOPERM/.test(words)
    ? "let this user run PING, INFO and TIME"
    : "start Redis, or correct REDIS_URL; a firewall may be between";
  return problem(`Redis at ${where} cannot be used: ${words}`, todo);
}
