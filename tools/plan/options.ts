import { parseArgs } from "node:util";

/** What a plan is made for. */
export interface PlanOptions {
  readonly callsPerDay: number;
  readonly minutes: number;
  readonly peak: number;
  readonly reserve: number;
  /** Calls at once that are provided for; by peak and reserve when undefined. */
  readonly places?: number;
  readonly days: number;
  /** Share of a call in which the model speaks. */
  readonly talk: number;
  /** Share of a call that the model is sent. */
  readonly listen: number;
  readonly turns: number;
  /** Tokens of text in a call, as the deployment plan counts them. */
  readonly tokens: number;
  readonly cores: number;
  /** Share of a core that may be used. */
  readonly use: number;
  /** What a node may take; by the measured cost when undefined. */
  readonly callsPerNode?: number;
  readonly callsPerFreeSwitch: number;
  readonly cnyPerUsd: number;
  readonly report?: string;
  readonly prices?: string;
  readonly json: boolean;
}

/** What `--help` prints. */
export const USAGE = `deno task plan [options]

What a number of calls needs and costs: load, machines, bandwidth, money.

  --calls-per-day N     calls of a day (default: 10000)
  --minutes N           length of a call (default: 3)
  --peak N              busiest moment against the day's mean (default: 5)
  --reserve N           places for every call of the peak (default: 2)
  --places N            calls at once to provide for (default: peak × reserve)
  --days N              days of a month, 1 to 31 (default: 30)
  --talk SHARE          of a call, the model speaks, 0 to 1 (default: 0.5)
  --listen SHARE        of a call, sent to the model, 0 to 1 (default: 1, since
                        the server sends silence, too)
  --turns N             answers of the model in a call (default: 10)
  --tokens N            tokens of text in a call (default: 500)
  --cores N             processors of a node (default: 4)
  --use SHARE           of a core, may be used, 0.05 to 1 (default: 0.6)
  --calls-per-node N    what a node may take (default: by the measured cost)
  --calls-per-freeswitch N
                        what a FreeSWITCH host may take (default: 500)
  --cny-per-usd N       (default: 7.2)
  --report FILE         report.json of an own "deno task capacity"
  --prices FILE         own prices, in the form of PRICES_FILE
  --json                everything as JSON
  --help                this text

The defaults are the deployment plan's, as far as it has them. Exit code: 0, or
2 for options that cannot be used.`;

const NUMBERS = {
  "calls-per-day": { type: "string", default: "10000" },
  minutes: { type: "string", default: "3" },
  peak: { type: "string", default: "5" },
  reserve: { type: "string", default: "2" },
  places: { type: "string" },
  days: { type: "string", default: "30" },
  talk: { type: "string", default: "0.5" },
  listen: { type: "string", default: "1" },
  turns: { type: "string", default: "10" },
  tokens: { type: "string", default: "500" },
  cores: { type: "string", default: "4" },
  use: { type: "string", default: "0.6" },
  "calls-per-node": { type: "string" },
  "calls-per-freeswitch": { type: "string", default: "500" },
  "cny-per-usd": { type: "string", default: "7.2" },
} as const;

type NumberName = keyof typeof NUMBERS;
type Texts = Readonly<Record<string, string | boolean | undefined>>;
type Range = readonly [least: number, most: number];

/** Reads the command line; undefined asks for help. Throws TypeError or RangeError for what cannot be used. */
export function readOptions(args: string[]): PlanOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      ...NUMBERS,
      report: { type: "string" },
      prices: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  return values.help ? undefined : settle(values, {
    report: readPath("report", values.report),
    prices: readPath("prices", values.prices),
    json: values.json,
  });
}

function settle(
  texts: Texts,
  rest: Pick<PlanOptions, "report" | "prices" | "json">,
): PlanOptions {
  const number = (name: NumberName, range: Range) => read(texts, name, range);
  const whole = (name: NumberName, range: Range) =>
    readWhole(texts, name, range);
  return {
    callsPerDay: whole("calls-per-day", [1, 10_000_000]),
    minutes: number("minutes", [0.05, 240]),
    peak: number("peak", [1, 100]),
    reserve: number("reserve", [1, 20]),
    places: texts.places === undefined
      ? undefined
      : whole("places", [1, 1_000_000]),
    days: whole("days", [1, 31]),
    talk: number("talk", [0, 1]),
    listen: number("listen", [0, 1]),
    turns: whole("turns", [1, 1000]),
    tokens: whole("tokens", [0, 1_000_000]),
    cores: whole("cores", [1, 256]),
    use: number("use", [0.05, 1]),
    callsPerNode: texts["calls-per-node"] === undefined
      ? undefined
      : whole("calls-per-node", [1, 100_000]),
    callsPerFreeSwitch: whole("calls-per-freeswitch", [1, 100_000]),
    cnyPerUsd: number("cny-per-usd", [0.1, 1000]),
    ...rest,
  };
}

function read(texts: Texts, name: string, [least, most]: Range): number {
  const text = String(texts[name]).trim();
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new RangeError(
    `--${name} must be a number from ${least} to ${most}, got "${text}"`,
  );
}

function readWhole(texts: Texts, name: string, range: Range): number {
  const value = read(texts, name, range);
  if (Number.isInteger(value)) return value;
  throw new RangeError(`--${name} must be a whole number, got ${value}`);
}

function readPath(name: string, path: string | undefined) {
  if (path?.trim() !== "") return path;
  throw new TypeError(`--${name} must name a file`);
}
