import { ConfigurationError } from "../src/errors.ts";
import type {
  CallOutcome,
  SimulatedCall,
} from "../src/simulator/freeswitch/call_options.ts";
import {
  readSamples,
  repeatingVoice,
  toneSamples,
} from "../src/simulator/freeswitch/caller_voice.ts";
import {
  HELP,
  parseCommandLine,
  type SimulationOptions,
} from "../src/simulator/freeswitch/command_line.ts";
import {
  createFreeSwitch,
  type FreeSwitch,
} from "../src/simulator/freeswitch/free_switch.ts";
import { guardedSockets } from "../src/simulator/freeswitch/dialplan.ts";
import { Recording } from "../src/simulator/freeswitch/recording.ts";
import { writeWav } from "../src/simulator/wav.ts";
import { drawTable } from "./table.ts";

const LARGEST_LATENESS_MS = 60;
const ROWS_SHOWN = 20;
const GUARD_SECONDS = 30;
const RETURN_SECONDS = 5;

interface Caller {
  readonly call: SimulatedCall;
  readonly recording: Recording | undefined;
  outcome: CallOutcome | undefined;
}

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = parseCommandLine(args);
    if (options !== "help") return await simulate(options);
    console.log(HELP);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    for (const problem of error.problems) console.error(problem);
    console.error("Try --help.");
    return 2;
  }
}

async function simulate(options: SimulationOptions): Promise<number> {
  const samples = await loadSamples(options);
  const machine = createFreeSwitch();
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  const callers: Caller[] = [];
  const progress = setInterval(() => showProgress(callers, machine), 1000);
  try {
    await placeCalls({ options, machine, samples, callers, stop: stop.signal });
    await Promise.all(callers.map(({ call }) => call.ended));
  } finally {
    clearInterval(progress);
    Deno.removeSignalListener("SIGINT", interrupt);
    await machine.close();
  }
  if (options.recordPath !== undefined) {
    await writeRecordings(options.recordPath, callers);
  }
  return report(callers, machine);
}

async function loadSamples(options: SimulationOptions): Promise<Int16Array> {
  const { wavPath, codec } = options;
  if (wavPath === undefined) return toneSamples(codec.rateHz);
  try {
    return await readSamples(await Deno.readFile(wavPath), codec.rateHz);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigurationError([`--wav ${wavPath}: ${why}`], { cause });
  }
}

async function placeCalls(
  { options, machine, samples, callers, stop }: {
    options: SimulationOptions;
    machine: FreeSwitch;
    samples: Int16Array;
    callers: Caller[];
    stop: AbortSignal;
  },
) {
  const ended = Promise.withResolvers<void>();
  stop.addEventListener("abort", () => {
    for (const { call } of callers) call.hangUp();
    ended.resolve();
  });
  for (let index = 0; index < options.calls && !stop.aborted; index++) {
    if (machine.crashed !== undefined) return;
    const caller = placeCall(machine, { options, samples, index });
    callers.push(caller);
    if (index + 1 < options.calls) await pause(options.everyMs, ended.promise);
  }
}

/** Waits, or less when `ended` comes first. */
async function pause(ms: number, ended: Promise<void>) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([promise, ended]);
  clearTimeout(timer);
}

function placeCall(
  machine: FreeSwitch,
  { options, samples, index }: {
    options: SimulationOptions;
    samples: Int16Array;
    index: number;
  },
): Caller {
  const { codec, assistantId } = options;
  const recording = options.recordPath === undefined
    ? undefined
    : new Recording(codec.rateHz, codec.frameMs);
  const call = machine.placeCall({
    callerNumber: numberOf(options.callerNumber, index),
    calledNumber: options.calledNumber,
    codec,
    answeredFirst: options.answeredFirst,
    variables: assistantId === undefined
      ? {}
      : { vapi_assistant_id: assistantId },
    dialplan: guardedSockets({
      target: options.esl,
      tries: options.tries,
      returnSeconds: RETURN_SECONDS,
      guardSeconds: GUARD_SECONDS,
    }),
    speech: repeatingVoice(samples),
    heard: (frame) => recording?.add(frame),
  });
  const caller: Caller = { call, recording, outcome: undefined };
  const timers = [
    setTimeout(() => call.hangUp(), options.seconds * 1000),
    ...options.keys.map(({ digit, atMs }) =>
      setTimeout(() => call.pressKey(digit), atMs)
    ),
  ];
  call.ended.then((outcome) => {
    caller.outcome = outcome;
    for (const timer of timers) clearTimeout(timer);
  });
  return caller;
}

function numberOf(first: string, index: number): string {
  return /^\d{1,15}$/.test(first) ? String(Number(first) + index) : first;
}

async function writeRecordings(path: string, callers: readonly Caller[]) {
  await Deno.mkdir(path, { recursive: true });
  for (const [index, { recording }] of callers.entries()) {
    if (recording === undefined) continue;
    const name = `caller-${String(index + 1).padStart(4, "0")}.wav`;
    const bytes = writeWav(recording.samples, recording.rateHz);
    await Deno.writeFile(`${path}/${name}`, bytes);
  }
}

function showProgress(callers: readonly Caller[], machine: FreeSwitch) {
  const talking =
    callers.filter(({ call, outcome }) =>
      outcome === undefined && call.stats.framesHeard > 0
    ).length;
  const ended = callers.filter(({ outcome }) => outcome !== undefined).length;
  const { largestMs } = machine.lateness();
  const line = `${callers.length} placed, ${talking} with audio, ` +
    `${ended} ended, own lateness at most ${largestMs.toFixed(1)} ms`;
  if (Deno.stdout.isTerminal()) {
    Deno.stdout.writeSync(new TextEncoder().encode(`\r\x1b[K${line}`));
  } else console.log(line);
}

/** Prints the table and gives the exit status. */
function report(callers: readonly Caller[], machine: FreeSwitch): number {
  const head = [
    "call",
    "cause",
    "talked",
    "sent",
    "heard",
    "underruns",
    "wrong size",
    "first heard",
  ];
  const rows = callers.slice(0, ROWS_SHOWN).map(row);
  console.log(`\n${drawTable(head, rows)}`);
  if (callers.length > ROWS_SHOWN) {
    console.log(`… and ${callers.length - ROWS_SHOWN} more`);
  }
  for (const { uuid, what } of machine.violations) {
    console.log(`misuse of FreeSWITCH: ${what} ${uuid}`);
  }
  const bad = callers.filter((caller) => !isGood(caller)).length;
  const { largestMs, meanMs, ticks } = machine.lateness();
  console.log(
    `${
      callers.length - bad
    } of ${callers.length} calls were good; own lateness: ` +
      `mean ${meanMs.toFixed(1)} ms, at most ${
        largestMs.toFixed(1)
      } ms in ${ticks} frames`,
  );
  const late = largestMs > LARGEST_LATENESS_MS;
  if (late) console.log("This computer was too busy: the run proves nothing.");
  return bad > 0 || late || machine.violations.length > 0 ? 1 : 0;
}

function row({ call, outcome }: Caller, index: number): string[] {
  const { stats } = call;
  return [
    String(index + 1),
    outcome?.cause ?? "",
    `${((outcome?.billMs ?? 0) / 1000).toFixed(1)} s`,
    String(stats.framesSent),
    String(stats.framesHeard),
    String(stats.underruns),
    String(stats.wrongSize),
    stats.firstHeardMs < 0 ? "never" : `${stats.firstHeardMs.toFixed(0)} ms`,
  ];
}

function isGood({ call, outcome }: Caller): boolean {
  return outcome?.cause === "NORMAL_CLEARING" && outcome.answered &&
    call.stats.framesHeard > 0 && call.stats.wrongSize === 0;
}
