import {
  HELP,
  parseCommandLine,
  UsageError,
} from "../src/simulator/stepfun/command_line.ts";
import { parseLiveFault } from "../src/simulator/stepfun/live_faults.ts";
import type { SessionCounts } from "../src/simulator/stepfun/simulated_session.ts";
import {
  startStepFun,
  type StepFun,
} from "../src/simulator/stepfun/start_stepfun.ts";
import type { StepFunOptions } from "../src/simulator/stepfun/stepfun_options.ts";
import { TextLineStream } from "./text_lines.ts";

const LINE_MS = 1000;
const NAMES = { stepfun: "StepFun", qwen: "Qwen", openai: "OpenAI" };

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
  const { dialect = "stepfun", mode } = options;
  console.log(`${NAMES[dialect]} is simulated (${mode}) at ${fun.url}`);
  console.log("Ctrl-C ends it.");
  void switchFaults(fun);
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

/** Does what is typed, line by line, for as long as somebody types. */
async function switchFaults(fun: StepFun): Promise<void> {
  const lines = Deno.stdin.readable.pipeThrough(new TextLineStream());
  for await (const line of lines) {
    if (line.trim() === "") continue;
    try {
      fun.apply(parseLiveFault(line));
      console.log(`switched: ${line.trim()}`);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      console.error(error.message);
    }
  }
}

/** The command; returns its exit status. */
async function main(args: string[]): Promise<number> {
  try {
    const options = parseCommandLine(args);
    if (options === "help") console.log(HELP);
    else await run(options);
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

// A read of standard input cannot be called off.
if (import.meta.main) Deno.exit(await main(Deno.args));
