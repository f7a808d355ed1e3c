import { BlockList, isIP } from "node:net";
import { parseEnv } from "node:util";
import { type Config, loadConfig } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/errors.ts";
import { type Finding, problem, warning, well } from "./finding.ts";
import { wordsOf } from "./printable.ts";

/** What is shorter names a key. */
const SHORTEST_KEY = 16;

type Environment = Record<string, string | undefined>;

/** The settings, and what is wrong with them. */
export interface ReadSettings {
  readonly findings: readonly Finding[];
  readonly environment: Environment;
  readonly config?: Config;
}

/** Reads the settings as the server would; `own` are those that the environment has set already. */
export function readSettings(
  own: Environment,
  envFile: string | undefined,
): ReadSettings {
  let environment = own;
  try {
    if (envFile !== undefined) {
      environment = { ...parseEnv(Deno.readTextFileSync(envFile)), ...own };
    }
  } catch (error) {
    const what = `--env-file ${envFile} cannot be read: ${wordsOf(error)}`;
    const todo = "name a readable file, e.g. cp .env.example .env";
    return { findings: [problem(what, todo)], environment };
  }
  try {
    const config = loadConfig({
      environment,
      readTextFile: Deno.readTextFileSync,
      checkNetworks,
      cores: navigator.hardwareConcurrency,
      hostname: Deno.hostname(),
    });
    return { findings: describe(config), environment, config };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const todo = "docs/configuration.md says what each setting may be";
    const findings = error.problems.map((line) => problem(line, todo));
    return { findings, environment };
  }
}

/** The words of the settings that must never be printed. */
export function secretsOf(environment: Environment): string[] {
  const secrets: string[] = [];
  for (const [name, value = ""] of Object.entries(environment)) {
    if (/_(API_KEY|PASSWORD|SECRET)$/.test(name)) secrets.push(value.trim());
    if (name === "SESSION_KEYS") {
      const words = value.split(/[,:\s]/);
      secrets.push(...words.filter((each) => each.length >= SHORTEST_KEY));
    }
    if (name === "REDIS_URL") {
      const user = /\/\/(.*)@/.exec(value)?.[1] ?? "";
      const password = user.slice(user.indexOf(":") + 1);
      secrets.push(password, decodeSafely(password));
    }
  }
  return secrets;
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function describe(config: Config): Finding[] {
  const { assistants, model, maxConnections, shards, store } = config;
  const suppliers = Object.keys(model.suppliers).join(", ");
  const findings = [well(
    `the settings can be used: ${assistants.size} assistant(s), supplier(s) ${suppliers}, ${shards} shard(s), at most ${maxConnections} calls`,
  )];
  if (store.redisUrl !== undefined && store.keys.length === 0) {
    findings.push(warning(
      "SESSION_KEYS is not set, so that personal data is not stored",
      "set SESSION_KEYS=1:$(openssl rand -hex 32) when a call is to go on with its history at another node",
    ));
  }
  if (config.showPii) {
    findings.push(warning(
      "LOG_PII=show writes numbers and transcripts into the log",
      "set LOG_PII=hide in production",
    ));
  }
  return findings;
}

function checkNetworks(entries: string[]): void {
  for (const entry of entries) networkList([entry]);
}

/** The networks of a valid ESL_ALLOW. Throws TypeError for an entry that is none. */
export function networkList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address, prefix] = entry.split("/");
    const version = isIP(address);
    const bits = prefix ?? (version === 4 ? "32" : "128");
    const fits = /^[^/]+(\/\d{1,3})?$/.test(entry) &&
      Number(bits) <= (version === 4 ? 32 : 128);
    if (version === 0 || !fits) throw new TypeError(`no network: ${entry}`);
    list.addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
  }
  return list;
}
