import { z } from "zod";
import { ConfigurationError } from "../../src/errors.ts";
import type { RobotKind, RobotSettings } from "./robot.ts";

/** What the operator sets; valid. */
export interface RelaySettings {
  readonly host: string;
  readonly port: number;
  /** At least one. */
  readonly robots: ReadonlyMap<RobotKind, RobotSettings>;
}

const robotUrl = z.string().refine(
  isRobotUrl,
  "must be an https:// URL without credentials (http:// only on this machine)",
);

const Environment = z.object({
  ALERT_RELAY_HOST: z.string().regex(
    /^[0-9A-Za-z.:_-]{1,253}$/,
    "must be an address or a host name",
  ).default("127.0.0.1"),
  ALERT_RELAY_PORT: z.string().regex(
    /^\d{1,5}$/,
    "must be an integer from 0 to 65535",
  ).transform(Number).refine(
    (port) => port <= 65535,
    "must be an integer from 0 to 65535",
  ).default(9098),
  DINGTALK_WEBHOOK_URL: robotUrl.optional(),
  DINGTALK_SECRET: z.string().regex(
    /^[\x21-\x7e]+$/,
    "must be printable ASCII without spaces",
  ).optional(),
  WECOM_WEBHOOK_URL: robotUrl.optional(),
});

/** Names of the variables that are read, for the task's permissions and documents. */
export const RELAY_VARIABLES: readonly string[] = Object.keys(
  Environment.shape,
);

/**
 * Reads the settings; a variable that is set to nothing counts as not set.
 * Throws ConfigurationError with every mistake at once; a mistake never quotes
 * a value, since most of them are secrets. Any thread.
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
): RelaySettings {
  const set = pickSet(environment);
  const parsed = Environment.safeParse(set);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(({ path, message }) =>
      `${String(path[0])} ${message}`
    );
  problems.push(...checkTogether(set));
  if (!parsed.success || problems.length > 0) {
    throw new ConfigurationError(problems);
  }
  const { data } = parsed;
  const robots = new Map<RobotKind, RobotSettings>();
  if (data.DINGTALK_WEBHOOK_URL !== undefined) {
    const secret = data.DINGTALK_SECRET;
    robots.set("dingtalk", { url: data.DINGTALK_WEBHOOK_URL, secret });
  }
  if (data.WECOM_WEBHOOK_URL !== undefined) {
    robots.set("wecom", { url: data.WECOM_WEBHOOK_URL });
  }
  return { host: data.ALERT_RELAY_HOST, port: data.ALERT_RELAY_PORT, robots };
}

function pickSet(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const set: Record<string, string> = {};
  for (const name of RELAY_VARIABLES) {
    const value = environment[name]?.trim();
    if (value !== undefined && value !== "") set[name] = value;
  }
  return set;
}

function checkTogether(set: Readonly<Record<string, string>>): string[] {
  const dingTalk = set.DINGTALK_WEBHOOK_URL !== undefined;
  if (!dingTalk && set.DINGTALK_SECRET !== undefined) {
    return ["DINGTALK_SECRET needs DINGTALK_WEBHOOK_URL"];
  }
  if (!dingTalk && set.WECOM_WEBHOOK_URL === undefined) {
    return ["DINGTALK_WEBHOOK_URL or WECOM_WEBHOOK_URL must be set"];
  }
  return [];
}

function isRobotUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username + password + hash !== "") return false;
  if (protocol === "https:") return true;
  const isHere = hostname === "localhost" || hostname === "[::1]" ||
    /^127(\.\d+){3}$/.test(hostname);
  return protocol === "http:" && isHere;
}
