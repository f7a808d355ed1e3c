import { Cluster, Redis, type RedisOptions } from "ioredis";

/** Where Redis is. */
export type RedisAddress =
  | { readonly kind: "server"; readonly options: RedisOptions }
  | { readonly kind: "sentinel"; readonly options: RedisOptions }
  | {
    readonly kind: "cluster";
    readonly nodes: ReadonlyArray<{ host: string; port: number }>;
    readonly options: RedisOptions;
  };

/** How long a server may take to close its end of a connection, in milliseconds. */
export const DISCONNECT_MS = 100;

const DEFAULT_PORT = 6379;
const SENTINEL_PORT = 26379;
const FORM =
  /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/@]+)(?:\/(.*))?$/;

/**
 * Reads `redis://`, `rediss://`, `redis+sentinel://h1,h2/name/db` and
 * `redis+cluster://h1,h2`. Any thread. Throws TypeError for another form, without
 * the password.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const match = FORM.exec(text);
  if (match === null) {
    throw new TypeError("Cannot use REDIS_URL: its form is unknown");
  }
  const [, protocol, kind = "server", login, hosts, path = ""] = match;
  const options: RedisOptions = {
    ...readLogin(login),
    ...protocol === "rediss" && { tls: {} },
  };
  const defaultPort = kind === "sentinel" ? SENTINEL_PORT : DEFAULT_PORT;
  const nodes = hosts.split(",").map((each) => readHost(each, defaultPort));
  if (kind === "cluster") return { kind, nodes, options };
  if (kind === "sentinel") {
    const [name, db = "0"] = path.split("/");
    if (name === "") {
      throw new TypeError("Cannot use REDIS_URL: the master's name is missing");
    }
    const { password } = options;
    return {
      kind,
      options: {
        ...options,
        sentinels: nodes,
        name,
        db: readDb(db),
        ...password !== undefined && { sentinelPassword: password },
      },
    };
  }
  return {
    kind: "server",
    options: { ...options, ...nodes[0], db: readDb(path || "0") },
  };
}

/** A client that connects by itself, again and again, and keeps no queue of its own. */
export function connectRedis(
  address: RedisAddress,
  { commandTimeoutMs }: { readonly commandTimeoutMs: number },
): Redis | Cluster {
  const retry = (times: number) =>
    Math.min(1000, 50 * 2 ** Math.min(times, 6)) * (0.5 + Math.random() / 2);
  const common: RedisOptions = {
    ...address.options,
    connectTimeout: 2000,
    disconnectTimeout: DISCONNECT_MS,
    commandTimeout: commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: retry,
    sentinelRetryStrategy: retry,
  };
  if (address.kind !== "cluster") return new Redis(common);
  return new Cluster([...address.nodes], {
    clusterRetryStrategy: retry,
    enableOfflineQueue: false,
    redisOptions: common,
  });
}

function readLogin(login: string | undefined): RedisOptions {
  if (login === undefined || login === "") return {};
  const colon = login.indexOf(":");
  if (colon === -1) return { password: decodeURIComponent(login) };
  const username = decodeURIComponent(login.slice(0, colon));
  const password = decodeURIComponent(login.slice(colon + 1));
  return username === "" ? { password } : { username, password };
}

function readHost(text: string, defaultPort: number) {
  const match = /^(\[[0-9A-Fa-f:]+\]|[^:]+)(?::(\d{1,5}))?$/.exec(text.trim());
  if (match === null) {
    throw new TypeError("Cannot use REDIS_URL: a host in it is none");
  }
  return {
    host: match[1].replace(/^\[|\]$/g, ""),
    port: Number(match[2] ?? defaultPort),
  };
}

function readDb(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text);
  throw new TypeError("Cannot use REDIS_URL: the database must be a number");
}
