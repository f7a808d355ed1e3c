import { parseArgs } from "node:util";
import { ConfigurationError } from "../../errors.ts";
import type { Codec } from "./call_options.ts";

/** What `simulate:freeswitch` was asked to do. */
export interface SimulationOptions {
  /** Hosts of the event socket, e.g. `h1:8084|h2:8084`. */
  readonly esl: string;
  /** How many times the dialplan asks for an application, each time behind a guard. */
  readonly tries: number;
  readonly calls: number;
  readonly everyMs: number;
  readonly seconds: number;
  readonly codec: Codec;
  /** A file; undefined: a tone in bursts. */
  readonly wavPath: string | undefined;
  readonly recordPath: string | undefined;
  readonly assistantId: string | undefined;
  readonly callerNumber: string;
  readonly calledNumber: string;
  readonly keys: readonly KeyPress[];
  readonly answeredFirst: boolean;
}

/** A key that every caller presses. */
export interface KeyPress {
  readonly digit: string;
  readonly atMs: number;
}

/** What `--help` prints. */
export const HELP =
  `Simulates a FreeSWITCH with callers that an application answers.

deno task simulate:freeswitch [options]

  --esl HOST:PORT[|HOST:PORT]  the application's event socket (127.0.0.1:8084)
  --tries N                    socket actions in a row: a call goes on at the next
                               application when one dies (1)
  --calls N                    callers (1)
  --every MS                   a new caller each so many milliseconds (100)
  --seconds N                  how long each of them talks (30)
  --wav FILE | tone            what they say, again and again: 16-bit mono (tone)
  --rate HZ                    8000 PCMA | 16000 G.722 | 48000 Opus (8000)
  --ptime MS                   length of a frame: 10 | 20 | 30 | 40 | 60 (20)
  --record DIR                 writes what each of them hears, as WAV
  --assistant ID               channel variable vapi_assistant_id
  --caller NUMBER              number of the first caller (13800138000)
  --called NUMBER              number that they call (1000)
  --dtmf KEY@SECONDSs          a key that they press, e.g. 1@5s; may be repeated
  --answered                   the dialplan answers before it asks the application
  --help                       this text

Ctrl-C hangs all of them up. Ends with 1 when a call did not end as it should,
or when this simulator could not keep its own time.
`;

const FLAGS = {
  esl: { type: "string", default: "127.0.0.1:8084" },
  tries: { type: "string", default: "1" },
  calls: { type: "string", default: "1" },
  every: { type: "string", default: "100" },
  seconds: { type: "string", default: "30" },
  wav: { type: "string", default: "tone" },
  rate: { type: "string", default: "8000" },
  ptime: { type: "string", default: "20" },
  record: { type: "string" },
  assistant: { type: "string" },
  caller: { type: "string", default: "13800138000" },
  called: { type: "string", default: "1000" },
  dtmf: { type: "string", multiple: true, default: [] as string[] },
  answered: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const CODECS: Record<string, Omit<Codec, "frameMs">> = {
  8000: { name: "PCMA", rateHz: 8000 },
  16000: { name: "G722", rateHz: 16_000 },
  48000: { name: "opus", rateHz: 48_000 },
};
const FRAMES_MS = ["10", "20", "30", "40", "60"];
const TARGETS = /^[^|\s]+:\d{1,5}(\|[^|\s]+:\d{1,5})*$/;
const KEY_PRESS = /^([0-9*#A-D])@(\d+(?:\.\d+)?)s$/;

/**
 * Reads the command line; `help` when that was asked for. Throws
 * ConfigurationError with every mistake at once.
 */
export function parseCommandLine(
  args: readonly string[],
): SimulationOptions | "help" {
  const problems: string[] = [];
  const values = readFlags(args);
  if (values.help) return "help";
  const whole = (
    name: "tries" | "calls" | "every" | "seconds",
    most: number,
  ) => {
    const value = Number(values[name]);
    const least = name === "every" ? 0 : 1;
    if (!Number.isInteger(value) || value < least || value > most) {
      problems.push(
        `--${name} must be a whole number from ${least} to ${most}, got "${
          values[name]
        }"`,
      );
    }
    return value;
  };
  if (!TARGETS.test(values.esl)) {
    problems.push(`--esl must be HOST:PORT, got "${values.esl}"`);
  }
  const codec = CODECS[values.rate];
  if (codec === undefined) {
    problems.push(
      `--rate must be 8000, 16000 or 48000, got "${values.rate}"`,
    );
  }
  if (!FRAMES_MS.includes(values.ptime)) {
    problems.push(
      `--ptime must be one of ${FRAMES_MS.join(", ")}, got "${values.ptime}"`,
    );
  }
  const options: SimulationOptions = {
    esl: values.esl,
    tries: whole("tries", 20),
    calls: whole("calls", 5000),
    everyMs: whole("every", 60_000),
    seconds: whole("seconds", 86_400),
    codec: { ...codec, frameMs: Number(values.ptime) },
    wavPath: values.wav === "tone" ? undefined : values.wav,
    recordPath: values.record,
    assistantId: values.assistant,
    callerNumber: values.caller,
    calledNumber: values.called,
    keys: values.dtmf.flatMap((text) => readKeyPress(text, problems)),
    answeredFirst: values.answered,
  };
  if (problems.length > 0) throw new ConfigurationError(problems);
  return options;
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS }).values;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError([message], { cause });
  }
}

function readKeyPress(text: string, problems: string[]): KeyPress[] {
  const match = KEY_PRESS.exec(text);
  if (match === null) {
    problems.push(`--dtmf must be KEY@SECONDSs like 1@5s, got "${text}"`);
    return [];
  }
  return [{ digit: match[1], atMs: Number(match[2]) * 1000 }];
}
