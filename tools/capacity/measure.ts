import { runCell } from "./cell.ts";
import type { CellResult } from "./cell_result.ts";
import type { CapacityOptions } from "./options.ts";
import { type OverloadResult, runOverload } from "./overload.ts";
import type { ProgressLine } from "./progress_line.ts";
import { collectReport, type Report } from "./report.ts";
import { runSoak, type SoakResult } from "./soak.ts";

/** What a measurement needs of the program around it. */
export interface MeasureContext {
  readonly signal: AbortSignal;
  readonly progress: ProgressLine;
}

/** Measures what the options ask for; when the signal is aborted, the report has what there is by then. */
export async function measure(
  options: CapacityOptions,
  { signal, progress }: MeasureContext,
): Promise<Report> {
  const startedAt = new Date();
  const loadAtStart = Deno.loadavg()[0];
  const cells: CellResult[] = [];
  const overloads: OverloadResult[] = [];
  let soak: SoakResult | undefined;
  try {
    if (options.soak > 0) soak = await runSoakTold();
    else await sweep();
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return collectReport({
    options,
    startedAt,
    loadAtStart,
    complete: !signal.aborted,
    cells,
    overloads,
    soak,
  });

  async function sweep(): Promise<void> {
    for (const shards of options.shards) {
      for (const calls of options.calls) {
        const name = `${shards} shard(s), ${calls} calls`;
        const tell = teller(name);
        const context = { options, signal, tell };
        if (options.overload) {
          overloads.push(await runOverload({ shards, calls }, context));
          progress.say(`${name}: overload ${overloads.at(-1)?.state}`);
          continue;
        }
        cells.push(...await runCell({ shards, calls }, context));
        const { state, reasons } = cells.at(-1)!;
        progress.say([`${name}: ${state}`, ...reasons].join("\n    "));
      }
    }
  }

  async function runSoakTold(): Promise<SoakResult> {
    const shards = options.shards[0];
    return await runSoak(shards, { options, signal, tell: teller("soak") });
  }

  function teller(name: string): (what: string) => void {
    progress.say(`${name} …`);
    return (what) => progress.show(`${name}: ${what}`);
  }
}
