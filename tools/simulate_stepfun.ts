import { parseArgs } from "node:util";
import {
  type Faults,
  parseFault,
  STEPS,
} from "../src/simulator/stepfun/faults.ts";
import {
  startStepFun,
  type StepFun,
} from "../src/simulator/stepfun/start_stepfun.ts";
import type { SessionCounts } from "../src/simulator/stepfun/simulated_session.ts";
import {
  type Recording,
  STEPFUN_MODES,
  type StepFunOptions,
} from "../src/simulator/stepfun/stepfun_options.ts";
import { readWav } from "../src/simulator/wav.ts";

const HELP = `Simulates the StepFun Realtime service.

deno task simulate:stepfun [options]

  --port N              where it listens (9000; 0: any free port)
  --host ADDRESS        on which address (127.0.0.1)
  --mode MODE           ${STEPFUN_MODES.join(" | ")} (parrot)
                          parrot  says what the caller said
                          wav     says recordings, one after the other
                          echo    gives each sample back at once, without turns
                          duplex  speaks without an end
  --wav FILE            a recording for mode wav; may be repeated
  --input-rate HZ       rate of the audio that it is sent (16000)
  --output-rate HZ      rate of the audio that it sends (24000)
  --first-audio-ms MS   from the start of an answer to its first audio (300)
  --delta-ms MS         audio in one delta (135)
  --echo-ms MS          audio that an echo gathers before it answers (0)
  --speed FACTOR        how much faster than spoken, or "all" at once (8)
  --api-key KEY         the key that clients must send (any)
  --cancel ANSWER       incomplete | cancelled | cancelled_then_done (incomplete)
  --function-call CALL  NAME=JSON: the first response calls this function
  --thinking            answers begin with response.thinking
  --no-usage            answers carry no usage
  --session-limit-s S   longest session (1800)
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
`;

const FLAGS = {
  port: { type: "string", default: "9000" },
  host: { type: "string", default: "127.0.0.1" },
  mode: { type: "string", default: "parrot" },
  wav: { type: "string", multiple: true, default: [] as string[] },
  "input-rate": { type: "string", default: "16000" },
  "output-rate": { type: "string", default: "24000" },
  "first-audio-ms": { type: "string", default: "300" },
  "delta-ms": { type: "string", default: "135" },
  "echo-ms": { type: "string", default: "0" },
  speed: { type: "string", default: "8" },
  "api-key": { type: "string", default: "" },
  cancel: { type: "string", default: "incomplete" },
  "function-call": { type: "string" },
  thinking: { type: "boolean", default: false },
  "no-usage": { type: "boolean", default: false },
  "session-limit-s": { type: "string", default: "1800" },
  "idle-close-s": { type: "string", default: "Infinity" },
  fault: { type: "string", multiple: true, default: [] as string[] },
  help: { type: "boolean", default: false },
} as const;

const CANCEL_ANSWERS = [
  "incomplete",
  "cancelled",
  "cancelled_then_done",
] as const;
const LINE_MS = 1000;
const MAX_TIMER_S = 2_000_000;

/** A mistake of the one who typed the command. */
class UsageError extends Error {
  override name = "UsageError";
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
  const most = { least: 0, most: MAX_TIMER_S };
  return {
    mode: oneOf("mode", flags.mode, STEPFUN_MODES),
    hostname: flags.host,
    port: number("port", flags.port, { least: 0, most: 65_535 }),
    apiKey: flags["api-key"],
    wavs: flags.wav.map(readRecording),
    inputRateHz: number("input-rate", flags["input-rate"]),
    outputRateHz: number("output-rate", flags["output-rate"]),
    firstAudioDelayMs: number("first-audio-ms", flags["first-audio-ms"], {
      least: 0,
      most: 60_000,
    }),
    deltaMs: number("delta-ms", flags["delta-ms"]),
    echoDeltaMs: number("echo-ms", flags["echo-ms"], {
      least: 0,
      most: 10_000,
    }),
    realtimeFactor: flags.speed === "all"
      ? Infinity
      : number("speed", flags.speed),
    cancelAnswer: oneOf("cancel", flags.cancel, CANCEL_ANSWERS),
    functionCall: readFunctionCall(flags["function-call"]),
    thinking: flags.thinking,
    usage: !flags["no-usage"],
    sessionLimitMs: number("session-limit-s", flags["session-limit-s"], most) *
      1000,
    idleCloseMs: flags["idle-close-s"] === "Infinity"
      ? Infinity
      : number("idle-close-s", flags["idle-close-s"], most) * 1000,
    faults: flags.fault.map(parseFault)
      .reduce<Faults>((all, fault) => ({ ...all, ...fault }), {}),
  };
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

/** Counts of all sessions of a run, also of those that ended. */
type Totals = Pick<SessionCounts, "turns" | "responses" | "errors">;

function liveLine(fun: StepFun, ended: Totals): string {
  const sum = { ...ended };
  for (const { counts } of fun.sessions()) addCounts(sum, counts);
  const open = fun.sessions().length;
  return `sessions ${open}, turns ${sum.turns}, responses ${sum.responses}, errors ${sum.errors}`;
}

function addCounts(sum: Totals, counts: Readonly<Totals>): void {
  sum.turns += counts.turns;
  sum.responses += counts.responses;
  sum.errors += counts.errors;
}

function show(line: string): void {
  const text = Deno.stdout.isTerminal() ? `\r\x1b[K${line}` : `${line}\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

async function run(options: StepFunOptions): Promise<void> {
  const ended: Totals = { turns: 0, responses: 0, errors: 0 };
  const fun = startStepFun({
    ...options,
    onSessionEnd: ({ counts }) => addCounts(ended, counts),
  });
  console.log(`StepFun is simulated (${options.mode}) at ${fun.url}`);
  console.log("Ctrl-C ends it.");
  let last = "";
  const timer = setInterval(() => {
    const line = liveLine(fun, ended);
    if (line !== last) show(line);
    last = line;
  }, LINE_MS);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  Deno.addSignalListener("SIGINT", stop);
  Deno.addSignalListener("SIGTERM", stop);
  await stopped;
  Deno.removeSignalListener("SIGINT", stop);
  Deno.removeSignalListener("SIGTERM", stop);
  clearInterval(timer);
  await fun.close();
  show(`ended: ${liveLine(fun, ended)}\n`);
}

/** The command; returns its exit status. */
async function main(args: string[]): Promise<number> {
  try {
    const flags = parse(args);
    if (flags.help) console.log(HELP);
    else await run(readOptions(flags));
    return 0;
  } catch (error) {
    const mistaken = error instanceof UsageError ||
      error instanceof RangeError || error instanceof Deno.errors.AddrInUse ||
      error instanceof Deno.errors.AddrNotAvailable;
    if (!mistaken) throw error;
    console.error(`simulate:stepfun: ${error.message}\nSee --help.`);
    return 2;
  }
}

if (import.meta.main) Deno.exitCode = await main(Deno.args);
