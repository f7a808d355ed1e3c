import { parseArgs } from "node:util";
import { LINE_RATES_HZ } from "./lines.ts";
import { type Profile, PROFILES } from "./profile.ts";
import { type LineKind, LINES } from "./wire.ts";

/** What a capacity run measures. */
export interface CapacityOptions {
  readonly shards: readonly number[];
  readonly calls: readonly number[];
  readonly seconds: number;
  readonly profile: Profile;
  readonly line: LineKind;
  readonly rateHz: number;
  readonly setupsPerSecond: number;
  readonly resampler: "polyphase" | "libsamplerate";
  /** Processes for the callers; chosen by the number of calls when undefined. */
  readonly callers?: number;
  /** Processes for the model; chosen by the number of calls when undefined. */
  readonly models?: number;
  readonly again: boolean;
  readonly overload: boolean;
  /** Calls in succession; 0 for none. */
  readonly soak: number;
  readonly out: string;
}

/** What `--help` prints. */
export const USAGE = `deno task capacity [options]

Finds out how many calls this machine carries. The real server, simulated
callers and a simulated speech model run in processes of their own; the report
says for every number of calls what was measured and whether it met the limits.

  --shards LIST      worker threads to try, 1 to 64 (default: 1,2)
  --calls LIST       numbers of simultaneous calls to try (default: 100,400)
  --seconds N        length of each measurement, 1 to 86400 (default: 60)
  --profile NAME     duplex: both sides always talk (default);
                     turns: sentence, answer, interruption (10 s or longer)
  --line KIND        how the callers come: telephone (default) or browser
  --rate HZ          the callers' lines: 8000 (default), 16000 or 48000
  --setups N         calls placed a second while loading, 1 to 1000 (default: 100)
  --resampler NAME   polyphase (default) or libsamplerate
  --callers N        processes for the callers, 1 to 8 (default: by the calls)
  --models N         processes for the model, 1 to 8 (default: by the calls)
  --again            load, empty and load each server again, to see leaks
  --overload         place 1.5 times the calls that a server may take
  --soak N           instead of a sweep, N calls one after another, up to
                     1000000, on the first number of shards
  --out DIR          where the report goes (default: out/capacity)
  --help             this text

Writes report.json and report.html. Exit code: 0 measured, 1 a check failed,
2 options that cannot be used, 130 stopped by Ctrl-C (with a partial report).`;

/** Reads the command line; undefined asks for help. Throws TypeError or RangeError for what cannot be used. */
export function readOptions(args: string[]): CapacityOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      shards: { type: "string", default: "1,2" },
      calls: { type: "string", default: "100,400" },
      seconds: { type: "string", default: "60" },
      profile: { type: "string", default: "duplex" },
      line: { type: "string", default: "telephone" },
      rate: { type: "string", default: "8000" },
      setups: { type: "string", default: "100" },
      resampler: { type: "string", default: "polyphase" },
      callers: { type: "string" },
      models: { type: "string" },
      again: { type: "boolean", default: false },
      overload: { type: "boolean", default: false },
      soak: { type: "string", default: "0" },
      out: { type: "string", default: "out/capacity" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return undefined;
  const profile = choose("--profile", values.profile, PROFILES);
  const seconds = readCount("--seconds", values.seconds, [1, 86_400]);
  if (profile === "turns" && seconds < 10) {
    throw new RangeError(
      `--seconds must be at least 10 with --profile turns, got ${seconds}`,
    );
  }
  if (values.out.trim() === "") throw new TypeError("--out must name a folder");
  return {
    shards: readList("--shards", values.shards, [1, 64]),
    calls: readList("--calls", values.calls, [1, 20_000]),
    seconds,
    profile,
    line: choose("--line", values.line, LINES),
    rateHz: Number(choose("--rate", values.rate, LINE_RATES_HZ.map(String))),
    setupsPerSecond: readCount("--setups", values.setups, [1, 1000]),
    resampler: choose(
      "--resampler",
      values.resampler,
      ["polyphase", "libsamplerate"] as const,
    ),
    callers: values.callers === undefined
      ? undefined
      : readCount("--callers", values.callers, [1, 8]),
    models: values.models === undefined
      ? undefined
      : readCount("--models", values.models, [1, 8]),
    again: values.again,
    overload: values.overload,
    soak: readCount("--soak", values.soak, [0, 1_000_000]),
    out: values.out,
  };
}

type Range = readonly [least: number, most: number];

function readList(name: string, text: string, range: Range): number[] {
  const numbers = text.split(",").map((part) => readCount(name, part, range));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function readCount(name: string, text: string, [least, most]: Range): number {
  const count = Number(text);
  const whole = /^\s*\d+\s*$/.test(text);
  if (whole && count >= least && count <= most) return count;
  throw new RangeError(
    `${name} must be a whole number from ${least} to ${most}, got "${text}"`,
  );
}

function choose<const T extends string>(
  name: string,
  text: string,
  known: readonly T[],
): T {
  const found = known.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new RangeError(
    `${name} must be one of ${known.join(", ")}, got "${text}"`,
  );
}
