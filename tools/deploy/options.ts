import { parseArgs } from "node:util";
import { ConfigurationError } from "../../src/errors.ts";

/** Where a site can run. */
export const TARGETS = ["compose", "kubernetes", "systemd", "local"] as const;
/** One of {@linkcode TARGETS}. */
export type TargetName = typeof TARGETS[number];
/** Parts of the target local. */
export const PARTS = [
  "nodes",
  "redis",
  "nginx",
  "prometheus",
  "alertmanager",
] as const;

/** What the command line asks for. */
export interface DeployOptions {
  readonly target: TargetName;
  readonly site?: string;
  readonly out: string;
  readonly action:
    | "deploy"
    | "check"
    | "dry-run"
    | "rollback"
    | "down"
    | "status";
  /** Of the new calls, 1 to 99; undefined: the release is for all nodes. */
  readonly canaryPercent?: number;
  readonly only?: ReadonlySet<string>;
}

/** What `--help` prints. */
export const USAGE = `deno task deploy --target TARGET [options]

Checks a site, renders its files to out/deploy/TARGET/, and brings them to one
node after the other; each one is drained, replaced, and tried with a call.

  --target TARGET     ${TARGETS.join(" | ")}
  --site FILE         the description (deploy/site.yaml)
  --check             stop after the checks
  --dry-run           stop after rendering; show what would change
  --canary PERCENT    replace one node, and give it this share of the new calls;
                      deploy again without it to go on, or --rollback
  --rollback          go back to the release before
  --out DIRECTORY     where renderings and state are kept (out/deploy)

Target local:
  --status            show what runs
  --down              stop all of it
  --only PARTS        of ${PARTS.join(",")}

  --help              this text

Exit codes: 0 done or nothing to do; 1 the deploy failed; 2 the site, the command
line or a check must be put right first; 130 interrupted.
`;

const FLAGS = {
  target: { type: "string" },
  site: { type: "string" },
  out: { type: "string", default: "out/deploy" },
  check: { type: "boolean", default: false },
  "dry-run": { type: "boolean", default: false },
  canary: { type: "string" },
  rollback: { type: "boolean", default: false },
  status: { type: "boolean", default: false },
  down: { type: "boolean", default: false },
  only: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;
const CANARY_ACTIONS = ["deploy", "check", "dry-run"];
const ACTIONS = ["check", "dry-run", "rollback", "status", "down"] as const;

/** Reads the command line. Throws ConfigurationError with every mistake. */
export function readOptions(args: string[]): DeployOptions | "help" {
  const values = parse(args);
  if (values.help) return "help";
  const problems: string[] = [];
  const target = TARGETS.find((name) => name === values.target);
  if (target === undefined) {
    problems.push(`--target must be one of ${TARGETS.join(", ")}`);
  }
  const asked = ACTIONS.filter((name) => values[name]);
  if (asked.length > 1) {
    problems.push(`--${asked.join(" and --")} cannot go together`);
  }
  const action = asked[0] ?? "deploy";
  if (target !== "local") {
    for (const name of ["status", "down", "only"] as const) {
      if (values[name]) problems.push(`--${name} is for --target local`);
    }
  }
  const canaryPercent = readPercent(values.canary, problems);
  if (canaryPercent !== undefined && !CANARY_ACTIONS.includes(action)) {
    problems.push(`--canary and --${action} cannot go together`);
  }
  const only = readParts(values.only, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const { site, out } = values;
  return { target: target!, site, out, action, canaryPercent, only };
}

function readPercent(
  text: string | undefined,
  problems: string[],
): number | undefined {
  if (text === undefined) return undefined;
  const percent = Number(text);
  if (percent >= 1 && percent <= 99) return percent;
  problems.push(`--canary must be 1 to 99, got ${text}`);
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError([why], { cause });
  }
}

function readParts(
  text: string | undefined,
  problems: string[],
): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined;
  const parts = text.split(",").map((part) => part.trim());
  const known: readonly string[] = PARTS;
  const wrong = parts.filter((part) => !known.includes(part));
  if (wrong.length > 0 || !parts.includes("nodes")) {
    problems.push(
      `--only must list nodes, and of ${
        PARTS.join(", ")
      } what else is wanted, got ${text}`,
    );
  }
  return new Set(parts);
}
