import { type ChaosOptions, readOptions, USAGE } from "./chaos/options.ts";
import { allMet, problemsOf, tableOf, writeReport } from "./chaos/report.ts";
import { runScenario, type ScenarioResult } from "./chaos/run_scenario.ts";

const MET = 0;
const BROKEN = 1;
const BAD_OPTIONS = 2;
const STOPPED = 130;

const startedMs = performance.now();

if (import.meta.main) Deno.exit(await main(Deno.args));

async function main(args: string[]): Promise<number> {
  let options: ChaosOptions | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    console.error(`chaos: ${error instanceof Error ? error.message : error}`);
    console.error("See --help.");
    return BAD_OPTIONS;
  }
  if (options === undefined) {
    console.log(USAGE);
    return MET;
  }
  return await run(options);
}

async function run(options: ChaosOptions): Promise<number> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  const results: ScenarioResult[] = [];
  try {
    for (const scenario of options.scenarios) {
      if (stop.signal.aborted) break;
      const { seed, faults, size, out } = options;
      const chosen = { ...scenario.size, ...size, seed, faults };
      tell(`${scenario.name}: ${scenario.what}, seed ${seed}`);
      const folder = `${out}/${scenario.name}`;
      const surroundings = { folder, signal: stop.signal, tell };
      results.push(await runScenario(scenario, chosen, surroundings));
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupt);
    Deno.removeSignalListener("SIGTERM", interrupt);
  }
  return await conclude(options, { results, stopped: stop.signal.aborted });
}

async function conclude(
  { out }: ChaosOptions,
  { results, stopped }: { results: ScenarioResult[]; stopped: boolean },
): Promise<number> {
  await writeReport(out, results);
  if (results.length > 0) console.log(`\n${tableOf(results)}\n`);
  const problems = problemsOf(results);
  if (problems !== "") console.log(`${problems}\n`);
  console.log(`Report and picture: ${out}/report.json, ${out}/timeline.svg`);
  if (stopped) {
    console.log("Stopped before the end.");
    return STOPPED;
  }
  const met = allMet(results);
  console.log(met ? "✓ All limits were kept." : "✗ A limit was broken.");
  return met ? MET : BROKEN;
}

function tell(what: string): void {
  const seconds = (performance.now() - startedMs) / 1000;
  console.log(`${seconds.toFixed(1).padStart(7)} s  ${what}`);
}
