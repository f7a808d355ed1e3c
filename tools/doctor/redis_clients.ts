import { Cluster, Redis, type RedisOptions } from "ioredis";

/** Where Redis is, and how it is reached. */
export interface RedisPlace {
  readonly kind: "single" | "sentinel" | "cluster";
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly secure: boolean;
  readonly username?: string;
  readonly password?: string;
  /** Of the sentinels. */
  readonly master?: string;
  readonly db: number;
}

/** A connection to Redis that tells why it could not be made. */
export interface RedisConnection {
  /** The servers that take writes. Rejects with what went wrong. */
  masters(): Promise<Redis[]>;
  /** Resolves when nothing of it is left; may be called twice. */
  close(): Promise<void>;
}

/** How long a server may take to close its end. */
const DISCONNECT_MS = 200;
const DEFAULT_PORT = 6379;
const SENTINEL_PORT = 26_379;

/** Reads a valid REDIS_URL. Throws TypeError for another. */
export function parseRedisUrl(text: string): RedisPlace {
  const match = /^redis(s?)(?:\+(sentinel|cluster))?:\/\/(?:(.*)@)?([^/]+)(.*)$/
    .exec(text.trim());
  if (match === null) throw new TypeError("Cannot read REDIS_URL");
  const [, secure, form, user, hosts, path] = match;
  const kind = (form ?? "single") as RedisPlace["kind"];
  const parts = path.split("?")[0].split("/").filter((part) => part !== "");
  const [name, password] = splitUser(user ?? "");
  return {
    kind,
    secure: secure === "s",
    hosts: hosts.split(",").map((each) =>
      splitHost(each, kind === "sentinel" ? SENTINEL_PORT : DEFAULT_PORT)
    ),
    username: name === "" ? undefined : name,
    password: password === "" ? undefined : password,
    master: kind === "sentinel" ? parts.shift() : undefined,
    db: Number(parts[0] ?? 0) || 0,
  };
}

/** Prepares a connection that is tried once, without retries. */
export function connectRedis(
  place: RedisPlace,
  timeoutMs: number,
): RedisConnection {
  let last: unknown;
  const client = createClient(place, timeoutMs);
  client.on("error", (error: unknown) => last = error);
  // A cluster without a usable node ends and leaves its connect unsettled.
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  client.once("end", () => ended.reject(new Error("no node can be used")));
  return {
    masters: async () => {
      try {
        await Promise.race([client.connect(), ended.promise]);
      } catch (error) {
        // What the client rejects with says only that it gave up.
        throw last ?? error;
      }
      return client instanceof Cluster ? client.nodes("master") : [client];
    },
    close: () => disconnect(client),
  };
}

function createClient(place: RedisPlace, timeoutMs: number): Redis | Cluster {
  const common = commonOptions(place, timeoutMs);
  if (place.kind !== "cluster") {
    return new Redis({ ...common, ...whereOptions(place), db: place.db });
  }
  return new Cluster([...place.hosts], {
    lazyConnect: true,
    clusterRetryStrategy: () => null,
    redisOptions: common,
  });
}

/** A client that has ended by itself must not be told again: it would start a timer. */
async function disconnect(client: Redis | Cluster): Promise<void> {
  if (["wait", "close", "end"].includes(client.status)) return;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  client.once("end", resolve);
  client.disconnect();
  await ended;
}

function commonOptions(place: RedisPlace, timeoutMs: number): RedisOptions {
  return {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    disconnectTimeout: DISCONNECT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
    username: place.username,
    password: place.password,
    tls: place.secure ? {} : undefined,
  };
}

function whereOptions(place: RedisPlace): RedisOptions {
  if (place.kind !== "sentinel") return place.hosts[0];
  return {
    sentinels: [...place.hosts],
    name: place.master,
    sentinelRetryStrategy: () => null,
    enableTLSForSentinelMode: place.secure,
  };
}

function splitUser(user: string): [string, string] {
  const colon = user.indexOf(":");
  const parts = colon < 0
    ? [user, ""]
    : [user.slice(0, colon), user.slice(colon + 1)];
  return parts.map(decode) as [string, string];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function splitHost(text: string, otherwise: number) {
  const match = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(text);
  return {
    host: (match?.[1] ?? text).replace(/^\[|\]$/g, ""),
    port: Number(match?.[2] ?? otherwise),
  };
}
