import { processesFor } from "./cell.ts";
import { findFileProblem } from "./file_limit.ts";
import { NAMES } from "./level_code.ts";
import type { CapacityOptions } from "./options.ts";
import { OVERLOAD_FACTOR } from "./overload.ts";

/** What stands in the way of a run, in one message; undefined when nothing does. Makes the report's folder. */
export function checkBeforeRun(
  options: CapacityOptions,
  limit: { readonly soft: number; readonly hard: number },
): string | undefined {
  const { calls, overload, callers, out } = options;
  const most = Math.max(...calls);
  const atOnce = Math.ceil(most * (overload ? OVERLOAD_FACTOR : 1));
  if (atOnce > NAMES) return `At most ${NAMES} calls can be told apart.`;
  const callerProcesses = processesFor(atOnce, callers);
  return findFileProblem({ calls: atOnce, callerProcesses }, limit) ??
    checkFolder(out);
}

function checkFolder(out: string): string | undefined {
  try {
    Deno.mkdirSync(out, { recursive: true });
    // What another run has left there stays until this one has something.
    Deno.openSync(`${out}/report.json`, { create: true, append: true }).close();
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    return `Cannot write the report to ${out}: ${why}. The task may write below out/ only.`;
  }
}
