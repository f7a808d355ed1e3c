import { readFileLimit } from "./capacity/file_limit.ts";
import {
  type CapacityOptions,
  readOptions,
  USAGE,
} from "./capacity/options.ts";
import { checkBeforeRun } from "./capacity/check_before_run.ts";
import { measure } from "./capacity/measure.ts";
import { ProgressLine } from "./capacity/progress_line.ts";
import { describeRun, writeReport } from "./capacity/write_report.ts";
import { stopByCtrlC } from "./stop_by_ctrl_c.ts";

const BAD_OPTIONS = 2;
const STOPPED = 130;

const options = parse();
const progress = new ProgressLine(Deno.stderr);
const stop = stopByCtrlC({
  exitCode: STOPPED,
  stopping: () =>
    progress.say("Stopping: the report has what was measured so far."),
});
Deno.exit(await run(options));

async function run(options: CapacityOptions): Promise<number> {
  const problem = checkBeforeRun(options, await readFileLimit());
  if (problem !== undefined) {
    console.error(problem);
    return BAD_OPTIONS;
  }
  const report = await measure(options, { signal: stop, progress });
  progress.clear();
  writeReport(options.out, report);
  console.log(`\n${describeRun(report)}\n`);
  console.log(`Report: ${options.out}/report.html and report.json`);
  if (stop.aborted) return STOPPED;
  return report.problems.length > 0 ? 1 : 0;
}

function parse(): CapacityOptions {
  try {
    const options = readOptions(Deno.args);
    if (options !== undefined) return options;
    console.log(USAGE);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error("Options are described by: deno task capacity --help");
    Deno.exit(BAD_OPTIONS);
  }
  Deno.exit(0);
}
