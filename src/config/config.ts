// Long because: a table of every setting.
import { isIPv4 } from "node:net";
import { z } from "zod";
import {
  type AssistantConfig,
  parseAssistants,
  suppliersOf,
} from "./assistants.ts";
import { ConfigurationError } from "../errors.ts";
import { findNearNames } from "./near_names.ts";
import { parsePrices, type PriceTable } from "./prices.ts";
import { parseSessionKeys, type SessionKey } from "./session_keys.ts";
import {
  problemsOfList,
  SUPPLIER_NAMES,
  type SupplierConfig,
  type SupplierDefaults,
  type SupplierName,
  SUPPLIERS,
} from "./suppliers.ts";

/** Everything that an operator sets; frozen and valid. */
export interface Config {
  readonly http: {
    readonly host: string;
    readonly port: number;
    /** Who shows it may use the REST interface; undefined when nobody may. */
    readonly apiToken?: string;
  };
  /** Where browsers connect, when there is a token. */
  readonly gateway: { readonly host: string; readonly port: number };
  readonly esl: {
    readonly host: string;
    readonly port: number;
    readonly allow: readonly string[];
  };
  /** Address that FreeSWITCH sends audio to; undefined for the event socket's local address. */
  readonly mediaHost?: string;
  /** How datagrams are read; `auto` polls where it may. */
  readonly mediaIo: "auto" | "poll" | "async";
  readonly shards: number;
  /** A shard whose heap grows beyond this ends, alone. */
  readonly shardHeapMb: number;
  /** A shard that answers nothing for so long is replaced. */
  readonly shardTimeoutMs: number;
  readonly maxConnections: number;
  /** Above this delay of an event loop new calls are refused, in milliseconds; 0 for never. */
  readonly overloadDelayMs: number;
  readonly model: {
    /** By name; has every supplier of every assistant. */
    readonly suppliers: Readonly<Record<string, SupplierConfig>>;
    readonly openTimeoutMs: number;
    readonly attempts: number;
    readonly giveUpMs: number;
    readonly historyTokens: number;
  };
  /** By id; has `default`. */
  readonly assistants: ReadonlyMap<string, AssistantConfig>;
  readonly answerAfterMs: number;
  readonly maxCallMs: number;
  /** Shown to the services that functions ask; none when there is none. */
  readonly functionsToken?: string;
  /** FreeSWITCH's context to which calls are transferred. */
  readonly transferContext: string;
  readonly fillerAfterMs: number;
  readonly callerSilenceMs: number;
  readonly drainMs: number;
  /** Whether calls that outlast the drain may go on at another node. */
  readonly handover: boolean;
  /** What this node is called among the others. */
  readonly node: string;
  readonly store: {
    /** Undefined for a store in memory. */
    readonly redisUrl?: string;
    /** The first encrypts; none when personal data is not to be stored. */
    readonly keys: readonly SessionKey[];
    /** Length of the stream of events. */
    readonly eventsKept: number;
    /** Writes that may wait while Redis is away. */
    readonly buffer: number;
  };
  readonly prices: PriceTable;
  /** Undefined for no limit. */
  readonly budgetCnyPerDay?: number;
  readonly uplinkBatchMs: number;
  readonly resampler: "polyphase" | "libsamplerate";
  readonly logLevel: "debug" | "info" | "warn" | "error";
  readonly showPii: boolean;
}

/** What {@linkcode loadConfig} needs of the world. */
export interface ConfigSources {
  readonly environment: Record<string, string | undefined>;
  readonly readTextFile: (path: string) => string;
  /** Throws for an entry that is no network. */
  readonly checkNetworks: (entries: string[]) => void;
  /** Processors of this machine. */
  readonly cores: number;
  /** Name of this machine. */
  readonly hostname: string;
}

function integer(least: number, most: number) {
  const message = `must be an integer from ${least} to ${most}`;
  return z.string().trim().regex(/^\d{1,9}$/, message).transform(Number).refine(
    (value) => value >= least && value <= most,
    message,
  );
}

function choice<const T extends readonly string[]>(values: T) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

const port = integer(0, 65535);
const host = z.string().trim().regex(
  /^[0-9A-Za-z.:_-]{1,253}$/,
  "must be an address or a host name",
);
/** FreeSWITCH's unicast knows no other. */
const ipv4 = z.string().trim().refine(isIPv4, "must be an IPv4 address");
const rate = integer(8000, 48000);
const words = z.string().trim().min(1, "must not be empty");
const secret = z.string().trim().regex(
  /^[\x21-\x7e]*$/,
  "must be printable ASCII without spaces",
);
const token = z.string().trim().regex(
  /^[0-9A-Za-z._~+/-]{16,256}={0,2}$/,
  "must be 16 to 256 of the characters 0-9 A-Z a-z . _ ~ + / -",
);
const redisUrl = z.string().trim().refine(
  isRedisUrl,
  "must be redis://, rediss://, redis+sentinel:// or redis+cluster:// with host:port",
);
const socketUrl = z.string().trim().refine(
  isSocketUrl,
  "must be a ws:// or wss:// URL without credentials or fragment",
);

const NAME = /^[0-9A-Za-z_.-]{1,64}$/;

/** Every variable, its form, and its value when it is not set. */
const VARIABLES = {
  HTTP_HOST: host.default("127.0.0.1"),
  HTTP_PORT: port.default(3000),
  API_TOKEN: token.optional(),
  GATEWAY_HOST: host.default("127.0.0.1"),
  GATEWAY_PORT: port.default(3001),
  ESL_HOST: host.default("127.0.0.1"),
  ESL_PORT: port.default(8084),
  ESL_ALLOW: z.string().default("127.0.0.0/8,::1/128"),
  MEDIA_HOST: ipv4.optional(),
  MEDIA_IO: choice(["auto", "poll", "async"]).default("auto"),
  SHARDS: integer(1, 64).optional(),
  SHARD_HEAP_MB: integer(64, 65_536).default(1024),
  SHARD_TIMEOUT_MS: integer(200, 60_000).default(800),
  MAX_CONNECTIONS: integer(1, 100_000).default(1000),
  OVERLOAD_DELAY_MS: integer(0, 60_000).default(100),
  SUPPLIERS: z.string().default("stepfun"),
  STEPFUN_URL: socketUrl.default(SUPPLIERS.stepfun.url),
  STEPFUN_API_KEY: secret.default(""),
  STEPFUN_MODEL: words.default(SUPPLIERS.stepfun.model),
  STEPFUN_VOICE: words.default(SUPPLIERS.stepfun.voice),
  STEPFUN_INPUT_RATE: rate.optional(),
  STEPFUN_OUTPUT_RATE: rate.optional(),
  QWEN_URL: socketUrl.default(SUPPLIERS.qwen.url),
  QWEN_API_KEY: secret.default(""),
  QWEN_MODEL: words.default(SUPPLIERS.qwen.model),
  QWEN_VOICE: words.default(SUPPLIERS.qwen.voice),
  OPENAI_URL: socketUrl.default(SUPPLIERS.openai.url),
  OPENAI_API_KEY: secret.default(""),
  OPENAI_MODEL: words.default(SUPPLIERS.openai.model),
  OPENAI_VOICE: words.default(SUPPLIERS.openai.voice),
  MODEL_OPEN_TIMEOUT_MS: integer(100, 60_000).default(8000),
  MODEL_ATTEMPTS: integer(1, 10).default(2),
  MODEL_GIVE_UP_SECONDS: integer(1, 600).default(30),
  HISTORY_TOKENS: integer(0, 100_000).default(4000),
  FILLER_AFTER_MS: integer(0, 60_000).default(1000),
  ASSISTANTS_FILE: z.string().min(1, "must not be empty").optional(),
  FUNCTIONS_TOKEN: token.optional(),
  TRANSFER_CONTEXT: z.string().trim().regex(
    NAME,
    "must be 1 to 64 of the characters 0-9 A-Z a-z _ . -",
  ).default("vapi-agents"),
  ANSWER_AFTER_MS: integer(0, 60_000).default(3000),
  CALLER_SILENCE_SECONDS: integer(0, 3600).default(30),
  MAX_CALL_SECONDS: integer(1, 86_400).default(3600),
  DRAIN_SECONDS: integer(0, 86_400).default(30),
  HANDOVER: choice(["on", "off"]).default("on"),
  NODE_NAME: z.string().trim().regex(
    NAME,
    "must be 1 to 64 of the characters 0-9 A-Z a-z _ . -",
  ).optional(),
  REDIS_URL: redisUrl.optional(),
  SESSION_KEYS: z.string().optional(),
  EVENTS_KEPT: integer(100, 100_000_000).default(100_000),
  STORE_BUFFER: integer(100, 1_000_000).default(10_000),
  PRICES_FILE: z.string().min(1, "must not be empty").optional(),
  BUDGET_CNY_PER_DAY: z.string().trim().regex(
    /^\d{1,9}(\.\d{1,2})?$/,
    "must be an amount from 0 to 999999999.99",
  ).transform(Number).default(0),
  UPLINK_BATCH_MS: integer(20, 200).default(60),
  RESAMPLER: choice(["polyphase", "libsamplerate"]).default("polyphase"),
  LOG_LEVEL: choice(["debug", "info", "warn", "error"]).default("info"),
  LOG_PII: choice(["hide", "show"]).default("hide"),
};

/** The names of all variables, for documents and tests. */
export const VARIABLE_NAMES: readonly string[] = Object.keys(VARIABLES);

const Environment = z.object(VARIABLES);

/**
 * Reads the environment and the assistants file. Main thread, at start. Throws
 * ConfigurationError with every mistake at once, one line each.
 */
export function loadConfig(sources: ConfigSources): Config {
  const problems = findNearNames(sources.environment, VARIABLE_NAMES);
  const set = pickSet(sources.environment);
  const parsed = Environment.safeParse(set);
  if (!parsed.success) problems.push(...describeIssues(parsed.error, set));
  const allow = splitList(set.ESL_ALLOW ?? "127.0.0.0/8,::1/128");
  problems.push(...checkAllow(allow, sources.checkNetworks));
  const order = splitList(set.SUPPLIERS ?? "stepfun");
  for (const problem of problemsOfList(order)) {
    problems.push(`SUPPLIERS ${problem}`);
  }
  const assistants = parseAssistants({
    path: set.ASSISTANTS_FILE,
    readTextFile: sources.readTextFile,
    order,
    defaults: supplierDefaults(set),
  });
  problems.push(...assistants.problems);
  const suppliers = suppliersOf(assistants.byId.values());
  problems.push(...suppliers.flatMap((name) => checkSecret(name, set)));
  const prices = parsePrices({
    path: set.PRICES_FILE,
    readTextFile: sources.readTextFile,
    suppliers: SUPPLIER_NAMES,
  });
  problems.push(...prices.problems);
  const ring = set.SESSION_KEYS === undefined
    ? { keys: [], problems: [] }
    : parseSessionKeys(set.SESSION_KEYS);
  problems.push(...ring.problems.map((problem) => `SESSION_KEYS ${problem}`));
  if (!parsed.success || problems.length > 0) {
    throw new ConfigurationError(problems);
  }
  return toConfig(parsed.data, {
    allow,
    assistants: assistants.byId,
    suppliers,
    prices: prices.prices,
    keys: ring.keys,
    cores: sources.cores,
    hostname: sources.hostname,
  });
}

function toConfig(
  env: z.infer<typeof Environment>,
  rest: {
    readonly allow: string[];
    readonly assistants: ReadonlyMap<string, AssistantConfig>;
    readonly suppliers: readonly SupplierName[];
    readonly prices: PriceTable;
    readonly keys: readonly SessionKey[];
    readonly cores: number;
    readonly hostname: string;
  },
): Config {
  return Object.freeze({
    http: Object.freeze({
      host: env.HTTP_HOST,
      port: env.HTTP_PORT,
      apiToken: env.API_TOKEN,
    }),
    gateway: Object.freeze({ host: env.GATEWAY_HOST, port: env.GATEWAY_PORT }),
    esl: Object.freeze({
      host: env.ESL_HOST,
      port: env.ESL_PORT,
      allow: Object.freeze(rest.allow),
    }),
    mediaHost: env.MEDIA_HOST,
    mediaIo: env.MEDIA_IO,
    shards: env.SHARDS ?? Math.max(1, rest.cores - 1),
    shardHeapMb: env.SHARD_HEAP_MB,
    shardTimeoutMs: env.SHARD_TIMEOUT_MS,
    maxConnections: env.MAX_CONNECTIONS,
    overloadDelayMs: env.OVERLOAD_DELAY_MS,
    model: Object.freeze({
      suppliers: Object.freeze(Object.fromEntries(
        rest.suppliers.map((name) => [name, supplierConfig(name, env)]),
      )),
      openTimeoutMs: env.MODEL_OPEN_TIMEOUT_MS,
      attempts: env.MODEL_ATTEMPTS,
      giveUpMs: env.MODEL_GIVE_UP_SECONDS * 1000,
      historyTokens: env.HISTORY_TOKENS,
    }),
    assistants: rest.assistants,
    answerAfterMs: env.ANSWER_AFTER_MS,
    maxCallMs: env.MAX_CALL_SECONDS * 1000,
    functionsToken: env.FUNCTIONS_TOKEN,
    transferContext: env.TRANSFER_CONTEXT,
    fillerAfterMs: env.FILLER_AFTER_MS,
    callerSilenceMs: env.CALLER_SILENCE_SECONDS * 1000,
    drainMs: env.DRAIN_SECONDS * 1000,
    handover: env.HANDOVER === "on",
    node: env.NODE_NAME ?? nodeNameOf(rest.hostname),
    store: Object.freeze({
      redisUrl: env.REDIS_URL,
      keys: Object.freeze(rest.keys),
      eventsKept: env.EVENTS_KEPT,
      buffer: env.STORE_BUFFER,
    }),
    prices: rest.prices,
    budgetCnyPerDay: env.BUDGET_CNY_PER_DAY || undefined,
    uplinkBatchMs: env.UPLINK_BATCH_MS,
    resampler: env.RESAMPLER,
    logLevel: env.LOG_LEVEL,
    showPii: env.LOG_PII === "show",
  });
}

function supplierConfig(
  name: SupplierName,
  env: z.infer<typeof Environment>,
): SupplierConfig {
  const { prefix } = SUPPLIERS[name];
  return Object.freeze({
    url: env[`${prefix}_URL`],
    // A model on this machine may want none, but the header cannot be empty.
    apiKey: env[`${prefix}_API_KEY`] || "none",
    ...name === "stepfun" && {
      inputRateHz: env.STEPFUN_INPUT_RATE,
      outputRateHz: env.STEPFUN_OUTPUT_RATE,
    },
  });
}

function supplierDefaults(
  set: Record<string, string>,
): Record<SupplierName, SupplierDefaults> {
  const of = (name: SupplierName) => {
    const { prefix, model, voice } = SUPPLIERS[name];
    return {
      model: set[`${prefix}_MODEL`] ?? model,
      voice: set[`${prefix}_VOICE`] ?? voice,
    };
  };
  return { stepfun: of("stepfun"), qwen: of("qwen"), openai: of("openai") };
}

function nodeNameOf(hostname: string): string {
  const name = hostname.replace(/[^0-9A-Za-z_.-]/g, "-").slice(0, 64);
  return name === "" ? "node" : name;
}

/** A variable that is set to nothing counts as not set, as compose files do it. */
function pickSet(
  environment: ConfigSources["environment"],
): Record<string, string> {
  const set: Record<string, string> = {};
  for (const name of VARIABLE_NAMES) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== "") set[name] = value;
  }
  return set;
}

function describeIssues(
  error: z.ZodError,
  set: Record<string, string>,
): string[] {
  return error.issues.map((issue) => {
    const name = String(issue.path[0]);
    const got = isSecret(name) ? "" : `, got ${quote(set[name])}`;
    return `${name} ${issue.message}${got}`;
  });
}

/** Apart from the variables' forms, so that a mistake in one of them does not hide this one. */
function checkSecret(
  name: SupplierName,
  set: Record<string, string>,
): string[] {
  const { prefix } = SUPPLIERS[name];
  if (set[`${prefix}_API_KEY`] !== undefined) return [];
  const url = (set[`${prefix}_URL`] ?? SUPPLIERS[name].url).trim();
  if (!isSocketUrl(url) || isLoopback(url)) return [];
  return [
    `${prefix}_API_KEY must be set (it may be left out only when ${prefix}_URL is on this machine)`,
  ];
}

/** A Redis address may hold a password. */
function isSecret(name: string): boolean {
  return /_(KEYS?|TOKEN)$/.test(name) || name === "REDIS_URL";
}

function checkAllow(
  allow: string[],
  checkNetworks: ConfigSources["checkNetworks"],
): string[] {
  if (allow.length === 0) return ["ESL_ALLOW must list a network, got none"];
  const problems: string[] = [];
  for (const entry of allow) {
    try {
      checkNetworks([entry]);
    } catch {
      problems.push(
        `ESL_ALLOW must list networks such as 10.0.0.0/8, got ${quote(entry)}`,
      );
    }
  }
  return problems;
}

function splitList(text: string): string[] {
  return text.split(",").map((entry) => entry.trim()).filter((entry) =>
    entry !== ""
  );
}

function isSocketUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^wss?:$/.test(protocol) && username + password + hash === "";
}

const REDIS_PROTOCOL = /^rediss?(\+(sentinel|cluster))?:\/\//;
const REDIS_HOSTS = /^[0-9A-Za-z_.\-:,[\]]+$/;

function isRedisUrl(text: string): boolean {
  const protocol = REDIS_PROTOCOL.exec(text);
  if (protocol === null) return false;
  const rest = text.slice(protocol[0].length);
  const [authority, ...path] = rest.split("/");
  const hosts = authority.slice(authority.lastIndexOf("@") + 1);
  if (!REDIS_HOSTS.test(hosts)) return false;
  if (protocol[2] === "sentinel") return path.length >= 1 && path[0] !== "";
  return protocol[2] === "cluster" || !hosts.includes(",");
}

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" ||
    isIPv4(hostname) && hostname.startsWith("127.");
}

function quote(value: string | undefined): string {
  return JSON.stringify((value ?? "").slice(0, 80));
}
