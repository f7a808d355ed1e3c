import { diagnose, type NamedFinding } from "./doctor/diagnose.ts";
import { describeFinding, describeSum } from "./doctor/finding_text.ts";
import { type DoctorOptions, readOptions, USAGE } from "./doctor/options.ts";
import { readSettings } from "./doctor/read_settings.ts";
import { startFlags } from "./start_flags.ts";
import { stopByCtrlC } from "./stop_by_ctrl_c.ts";

const PROBLEM = 1;
const BAD_OPTIONS = 2;
const STOPPED = 130;
/** Where the task is that runs the server. */
const TASKS = new URL("../deno.json", import.meta.url);

async function examine(options: DoctorOptions): Promise<number> {
  const { findings: settings, environment, config } = readSettings(
    Deno.env.toObject(),
    options.envFile,
  );
  const stop = stopByCtrlC({ exitCode: STOPPED });
  const findings: NamedFinding[] = [];
  const flags = startFlags(await Deno.readTextFile(TASKS));
  try {
    await diagnose({ options, environment, config, startFlags: flags }, {
      settings,
      signal: stop,
      onFinding: (finding) => {
        findings.push(finding);
        if (!options.json) console.log(describeFinding(finding));
      },
    });
  } catch (error) {
    if (!stop.aborted) throw error;
    console.error("Stopped by Ctrl-C.");
  }
  const healthy = findings.every(({ state }) => state !== "problem");
  if (options.json) console.log(JSON.stringify({ healthy, findings }, null, 2));
  else console.log(describeSum(findings));
  if (stop.aborted) return STOPPED;
  return healthy ? 0 : PROBLEM;
}

/** The command; returns its exit code. */
async function main(args: string[]): Promise<number> {
  let options: DoctorOptions | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error("Options are described by: deno task doctor --help");
    return BAD_OPTIONS;
  }
  if (options !== undefined) return await examine(options);
  console.log(USAGE);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
