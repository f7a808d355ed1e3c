// Long because: a table of every setting.
import { isIP, isIPv4 } from "node:net";
import { z } from "zod";
import { type AssistantConfig, parseAssistants } from "./assistants.ts";
import { ConfigurationError } from "../errors.ts";
import { findNearNames } from "./near_names.ts";

/** StepFun's public endpoint. */
const STEPFUN_URL = "wss://api.stepfun.com/v1/realtime";

/** Everything that an operator sets; frozen and valid. */
export interface Config {
  readonly http: { readonly host: string; readonly port: number };
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
  readonly maxConnections: number;
  readonly model: {
    readonly url: string;
    readonly apiKey: string;
    readonly inputRateHz?: number;
    readonly outputRateHz?: number;
    readonly openTimeoutMs: number;
  };
  /** By id; has `default`. */
  readonly assistants: ReadonlyMap<string, AssistantConfig>;
  readonly answerAfterMs: number;
  readonly maxCallMs: number;
  readonly drainMs: number;
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
const address = z.string().trim().refine(
  (text) => isIP(text) !== 0,
  "must be an IP address",
);
const rate = integer(8000, 48000);
const socketUrl = z.string().trim().refine(
  isSocketUrl,
  "must be a ws:// or wss:// URL without credentials or fragment",
);

/** Every variable, its form, and its value when it is not set. */
const VARIABLES = {
  HTTP_HOST: host.default("127.0.0.1"),
  HTTP_PORT: port.default(3000),
  ESL_HOST: host.default("127.0.0.1"),
  ESL_PORT: port.default(8084),
  ESL_ALLOW: z.string().default("127.0.0.0/8,::1/128"),
  MEDIA_HOST: address.optional(),
  MEDIA_IO: choice(["auto", "poll", "async"]).default("auto"),
  SHARDS: integer(1, 64).optional(),
  MAX_CONNECTIONS: integer(1, 100_000).default(1000),
  STEPFUN_URL: socketUrl.default(STEPFUN_URL),
  STEPFUN_API_KEY: z.string().trim().regex(
    /^[\x21-\x7e]*$/,
    "must be printable ASCII without spaces",
  ).default(""),
  STEPFUN_MODEL: z.string().trim().min(1, "must not be empty")
    .default("step-audio-2"),
  STEPFUN_VOICE: z.string().trim().min(1, "must not be empty")
    .default("qingchunshaonv"),
  STEPFUN_INPUT_RATE: rate.optional(),
  STEPFUN_OUTPUT_RATE: rate.optional(),
  MODEL_OPEN_TIMEOUT_MS: integer(100, 60_000).default(8000),
  ASSISTANTS_FILE: z.string().min(1, "must not be empty").optional(),
  ANSWER_AFTER_MS: integer(0, 60_000).default(3000),
  MAX_CALL_SECONDS: integer(1, 86_400).default(1740),
  DRAIN_SECONDS: integer(0, 86_400).default(30),
  UPLINK_BATCH_MS: integer(20, 200).default(40),
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
  problems.push(...checkSecrets(set));
  const allow = splitList(set.ESL_ALLOW ?? "127.0.0.0/8,::1/128");
  problems.push(...checkAllow(allow, sources.checkNetworks));
  const assistants = parseAssistants({
    path: set.ASSISTANTS_FILE,
    readTextFile: sources.readTextFile,
    model: set.STEPFUN_MODEL ?? "step-audio-2",
    voice: set.STEPFUN_VOICE ?? "qingchunshaonv",
  });
  problems.push(...assistants.problems);
  if (!parsed.success || problems.length > 0) {
    throw new ConfigurationError(problems);
  }
  return toConfig(parsed.data, { allow, assistants, cores: sources.cores });
}

function toConfig(
  env: z.infer<typeof Environment>,
  rest: {
    readonly allow: string[];
    readonly assistants: ReturnType<typeof parseAssistants>;
    readonly cores: number;
  },
): Config {
  return Object.freeze({
    http: Object.freeze({ host: env.HTTP_HOST, port: env.HTTP_PORT }),
    esl: Object.freeze({
      host: env.ESL_HOST,
      port: env.ESL_PORT,
      allow: Object.freeze(rest.allow),
    }),
    mediaHost: env.MEDIA_HOST,
    mediaIo: env.MEDIA_IO,
    shards: env.SHARDS ?? Math.max(1, rest.cores - 1),
    maxConnections: env.MAX_CONNECTIONS,
    model: Object.freeze({
      url: env.STEPFUN_URL,
      // A model on this machine may want none, but the header cannot be empty.
      apiKey: env.STEPFUN_API_KEY || "none",
      inputRateHz: env.STEPFUN_INPUT_RATE,
      outputRateHz: env.STEPFUN_OUTPUT_RATE,
      openTimeoutMs: env.MODEL_OPEN_TIMEOUT_MS,
    }),
    assistants: rest.assistants.byId,
    answerAfterMs: env.ANSWER_AFTER_MS,
    maxCallMs: env.MAX_CALL_SECONDS * 1000,
    drainMs: env.DRAIN_SECONDS * 1000,
    uplinkBatchMs: env.UPLINK_BATCH_MS,
    resampler: env.RESAMPLER,
    logLevel: env.LOG_LEVEL,
    showPii: env.LOG_PII === "show",
  });
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
    const got = name.endsWith("_KEY") ? "" : `, got ${quote(set[name])}`;
    return `${name} ${issue.message}${got}`;
  });
}

/** Apart from the variables' forms, so that a mistake in one of them does not hide this one. */
function checkSecrets(set: Record<string, string>): string[] {
  if (set.STEPFUN_API_KEY !== undefined) return [];
  const url = (set.STEPFUN_URL ?? STEPFUN_URL).trim();
  if (!isSocketUrl(url) || isLoopback(url)) return [];
  return [
    "STEPFUN_API_KEY must be set (it may be left out only when STEPFUN_URL is on this machine)",
  ];
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

function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === "localhost" || hostname === "[::1]" ||
    isIPv4(hostname) && hostname.startsWith("127.");
}

function quote(value: string | undefined): string {
  return JSON.stringify((value ?? "").slice(0, 80));
}
