import { parseArgs } from "node:util";
import type { Scenario, ScenarioOptions } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/** What a chaos run does. */
export interface ChaosOptions {
  readonly scenarios: readonly Scenario[];
  /** What the operator chose; a scenario's own where nothing was chosen. */
  readonly size: Partial<Pick<ScenarioOptions, "calls" | "nodes" | "seconds">>;
  readonly seed: number;
  readonly faults: number;
  readonly out: string;
}

const LIST = SCENARIOS.map(({ name, what, size }) => {
  const { calls, nodes, seconds } = size;
  const how = `${calls} calls, ${nodes} node(s), ${seconds} s`;
  return `  ${name.padEnd(14)}${what} (${how})`;
}).join("\n");

/** What `--help` prints. */
export const USAGE = `deno task chaos [options]

Lets things fail under calls, with real servers, a real Redis, and simulated
callers and models, and measures what the callers hear of it.

  --scenario NAME  one of those below; may be repeated (default: all)
  --calls N        calls at once, 1 to 2000
  --nodes N        servers, 1 to 16
  --seconds N      how long the fault lasts or is watched, 1 to 86400
  --faults N       faults of a storm, 1 to 100000 (default: 1000)
  --seed N         repeats a storm (default: a new one, which is printed)
  --out DIR        where the report goes (default: out/chaos)
  --help           this text

Scenarios, with their own sizes:
${LIST}

Needs redis-server and redis-cli (Debian: redis-server). A gap is how long a
caller does not hear the assistant, who speaks without an end; the simulated
model answers at once, a live one takes longer. Refusing calls for overload is
switched off, because callers and models run on this machine too.

Writes report.json, timeline.svg and the nodes' logs. Exit code: 0 all limits
were kept, 1 one was not or a scenario could not be run, 2 options that cannot
be used, 130 stopped by Ctrl-C.`;

/** Reads the command line; undefined asks for help. Throws TypeError or RangeError for what cannot be used. */
export function readOptions(args: string[]): ChaosOptions | undefined {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      scenario: { type: "string", multiple: true, default: [] as string[] },
      calls: text,
      nodes: text,
      seconds: text,
      faults: { type: "string", default: "1000" },
      seed: text,
      out: { type: "string", default: "out/chaos" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  if (values.out.trim() === "") throw new TypeError("--out must name a folder");
  const { calls, nodes, seconds } = values;
  return {
    scenarios: chooseScenarios(values.scenario),
    size: {
      ...calls === undefined
        ? {}
        : { calls: readCount("--calls", calls, [1, 2000]) },
      ...nodes === undefined
        ? {}
        : { nodes: readCount("--nodes", nodes, [1, 16]) },
      ...seconds === undefined
        ? {}
        : { seconds: readCount("--seconds", seconds, [1, 86_400]) },
    },
    seed: values.seed === undefined
      ? crypto.getRandomValues(new Uint32Array(1))[0]
      : readCount("--seed", values.seed, [0, 2 ** 32 - 1]),
    faults: readCount("--faults", values.faults, [1, 100_000]),
    out: values.out,
  };
}

function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS;
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    const known = SCENARIOS.map((scenario) => scenario.name).join(", ");
    throw new RangeError(`--scenario must be one of ${known}, got "${name}"`);
  });
}

function readCount(
  name: string,
  text: string,
  [least, most]: readonly [least: number, most: number],
): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(
    `${name} must be a whole number from ${least} to ${most}, got "${text}"`,
  );
}
