import { parseArgs } from "node:util";
import { readWav } from "../wav.ts";
import { DIALECT_NAMES } from "./dialect.ts";
import { type Faults, parseFault, STEPS } from "./faults.ts";
import { LIVE_FAULTS } from "./live_faults.ts";
import {
  type Recording,
  STEPFUN_MODES,
  type StepFunOptions,
} from "./stepfun_options.ts";

/** What `--help` prints. */
export const HELP = `Simulates the StepFun Realtime service.

deno task simulate:stepfun [options]

  --port N              where it listens (9000; 0: any free port)
  --host ADDRESS        on which address (127.0.0.1)
  --mode MODE           ${STEPFUN_MODES.join(" | ")} (parrot)
                          parrot  says what the caller said
                          wav     says recordings, one after the other
                          echo    gives each sample back at once, without turns
                          duplex  speaks without an end
  --wav FILE            a recording for mode wav; may be repeated
  --dialect NAME        whose protocol: ${DIALECT_NAMES.join(" | ")} (stepfun)
  --input-rate HZ       rate of the audio that it is sent (the dialect's: 16000,
                        openai 24000)
  --output-rate HZ      rate of the audio that it sends (24000)
  --first-audio-ms MS   from the start of an answer to its first audio (300)
  --delta-ms MS         audio in one delta (135)
  --echo-ms MS          audio that an echo gathers before it answers (0)
  --speed FACTOR        how much faster than spoken, or "all" at once (8)
  --api-key KEY         the key that clients must send (any)
  --cancel ANSWER       incomplete | cancelled | cancelled_then_done (the dialect's)
  --function-call CALL  NAME=JSON: the first response calls this function
  --thinking            answers begin with response.thinking
  --no-usage            answers carry no usage
  --recall              answers of mode parrot end with what they remember
  --session-limit-s S   longest session (the dialect's: 1800, 7200, 3600)
  --idle-close-s S      closes what sends nothing for so long (never)
  --fault NAME[=VALUE]  something goes wrong; may be repeated:
                          refuseStatus=503, noSessionCreated, noSessionUpdated,
                          noAudio, slow[=MS], missingIds, nullContent, badBase64,
                          oddLengthDelta, hugeDelta[=BYTES],
                          closeAt=STEP[:CODE], stallAt=STEP, and, at
                          injectAt=STEP (response.created): brokenJson,
                          unknownEvent, errorEvent[=TEXT], binaryFrame
                          STEP: ${STEPS.slice(0, 7).join(", ")},
                                ${STEPS.slice(7).join(", ")}
  --help                this text

While it runs, a line typed into it switches a fault for all sessions:
  ${LIVE_FAULTS}
`;

const FLAGS = {
  port: { type: "string", default: "9000" },
  host: { type: "string", default: "127.0.0.1" },
  mode: { type: "string", default: "parrot" },
  wav: { type: "string", multiple: true, default: [] as string[] },
  dialect: { type: "string", default: "stepfun" },
  "input-rate": { type: "string" },
  "output-rate": { type: "string", default: "24000" },
  "first-audio-ms": { type: "string", default: "300" },
  "delta-ms": { type: "string", default: "135" },
  "echo-ms": { type: "string", default: "0" },
  speed: { type: "string", default: "8" },
  "api-key": { type: "string", default: "" },
  cancel: { type: "string" },
  "function-call": { type: "string" },
  thinking: { type: "boolean", default: false },
  "no-usage": { type: "boolean", default: false },
  recall: { type: "boolean", default: false },
  "session-limit-s": { type: "string" },
  "idle-close-s": { type: "string", default: "Infinity" },
  fault: { type: "string", multiple: true, default: [] as string[] },
  help: { type: "boolean", default: false },
} as const;

const CANCEL_ANSWERS = [
  "incomplete",
  "cancelled",
  "cancelled_then_done",
] as const;
const SECONDS = upTo(2_000_000);

/** A mistake of the one who typed the command. */
export class UsageError extends Error {
  override name = "UsageError";
}

/**
 * Reads the command line; `help` when that was asked for. Throws UsageError or
 * RangeError, saying what is allowed.
 */
export function parseCommandLine(args: readonly string[]) {
  const flags = parse([...args]);
  return flags.help ? "help" : readOptions(flags);
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : "", {
      cause,
    });
  }
}

type Flags = ReturnType<typeof parse>;

function readOptions(flags: Flags): StepFunOptions {
  const { wav, fault } = flags;
  return {
    ...readDialect(flags),
    mode: oneOf("mode", flags.mode, STEPFUN_MODES),
    hostname: flags.host,
    port: number("port", flags.port, upTo(65_535)),
    apiKey: flags["api-key"],
    wavs: wav.map(readRecording),
    ...readPace(flags),
    functionCall: readFunctionCall(flags["function-call"]),
    thinking: flags.thinking,
    recall: flags.recall,
    usage: !flags["no-usage"],
    idleCloseMs: flags["idle-close-s"] === "Infinity"
      ? Infinity
      : number("idle-close-s", flags["idle-close-s"], SECONDS) * 1000,
    faults: fault.map(parseFault)
      .reduce<Faults>((all, each) => ({ ...all, ...each }), {}),
  };
}

/** How its audio goes out. */
function readPace(flags: Flags): Partial<StepFunOptions> {
  const { speed } = flags;
  const firstMs = flags["first-audio-ms"];
  return {
    outputRateHz: number("output-rate", flags["output-rate"]),
    firstAudioDelayMs: number("first-audio-ms", firstMs, upTo(60_000)),
    deltaMs: number("delta-ms", flags["delta-ms"]),
    echoDeltaMs: number("echo-ms", flags["echo-ms"], upTo(10_000)),
    realtimeFactor: speed === "all" ? Infinity : number("speed", speed),
  };
}

/** The dialect, and what differs from its defaults. */
function readDialect(flags: Flags): Partial<StepFunOptions> {
  const { cancel, "input-rate": rate, "session-limit-s": limit } = flags;
  const options: Partial<StepFunOptions> = {
    dialect: oneOf("dialect", flags.dialect, DIALECT_NAMES),
  };
  return {
    ...options,
    ...rate === undefined ? {} : { inputRateHz: number("input-rate", rate) },
    ...cancel === undefined
      ? {}
      : { cancelAnswer: oneOf("cancel", cancel, CANCEL_ANSWERS) },
    ...limit === undefined
      ? {}
      : { sessionLimitMs: number("session-limit-s", limit, SECONDS) * 1000 },
  };
}

function upTo(most: number) {
  return { least: 0, most };
}

function number(
  name: string,
  text: string,
  { least, most } = { least: 0.001, most: 1_000_000 },
): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (value >= least && value <= most) return value;
  throw new UsageError(
    `--${name} must be a number of ${least} to ${most}, got ${text}`,
  );
}

function oneOf<T extends string>(
  name: string,
  text: string,
  allowed: readonly T[],
): T {
  const found = allowed.find((known) => known === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `--${name} must be one of ${allowed.join(", ")}, got ${text}`,
  );
}

function readRecording(path: string): Recording {
  try {
    return readWav(Deno.readFileSync(path));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--wav ${path} cannot be read: ${why}`, { cause });
  }
}

function readFunctionCall(text: string | undefined) {
  if (text === undefined) return undefined;
  const split = text.indexOf("=");
  const name = text.slice(0, Math.max(0, split));
  const json = text.slice(split + 1);
  try {
    JSON.parse(json);
  } catch (cause) {
    throw new UsageError("--function-call must be NAME=JSON", { cause });
  }
  if (name === "") throw new UsageError("--function-call must be NAME=JSON");
  return { name, arguments: json, atResponse: 1 };
}
