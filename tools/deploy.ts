import { ConfigurationError } from "../src/errors.ts";
import { readOptions, USAGE } from "./deploy/options.ts";
import { runDeploy } from "./deploy/run_deploy.ts";

const MUST_BE_PUT_RIGHT = 2;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** Runs `deno task deploy`; returns the exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options !== "help") return await runDeploy(options);
    console.log(USAGE);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    console.error("Nothing was changed:");
    for (const problem of error.problems) console.error(`  - ${problem}`);
    return MUST_BE_PUT_RIGHT;
  }
}
