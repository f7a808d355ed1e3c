import type { CellResult } from "./cell_result.ts";
import { LIMITS, TRUST } from "./limits.ts";
import type { CapacityOptions } from "./options.ts";
import type { OverloadResult } from "./overload.ts";
import type { SoakResult } from "./soak.ts";
import { describeCell, describeOverload, describeSoak } from "./result_text.ts";
import { findVerdicts, type Verdict } from "./verdict.ts";

/** Everything that a run measured. */
export interface Measurement {
  readonly options: CapacityOptions;
  readonly startedAt: Date;
  /** Mean number of busy processors in the minute before the run. */
  readonly loadAtStart: number;
  /** Whether nobody stopped it. */
  readonly complete: boolean;
  readonly cells: readonly CellResult[];
  readonly overloads: readonly OverloadResult[];
  readonly soak?: SoakResult;
}

/** What report.json has. */
export interface Report extends Omit<Measurement, "startedAt"> {
  readonly startedAt: string;
  readonly machine: {
    readonly processors: number;
    readonly memoryBytes: number;
    readonly kernel: string;
    readonly deno: string;
  };
  readonly limits: typeof LIMITS;
  readonly trust: typeof TRUST;
  readonly verdicts: readonly Verdict[];
  /** What a check found wrong: an overload, a soak, or a cell without a result. */
  readonly problems: readonly string[];
}

/** Adds the verdicts and the machine. */
export function collectReport(measurement: Measurement): Report {
  const { startedAt, cells } = measurement;
  return {
    ...measurement,
    startedAt: startedAt.toISOString(),
    machine: {
      processors: navigator.hardwareConcurrency,
      memoryBytes: Deno.systemMemoryInfo().total,
      kernel: Deno.osRelease(),
      deno: Deno.version.deno,
    },
    limits: LIMITS,
    trust: TRUST,
    verdicts: findVerdicts(cells),
    problems: findProblems(measurement),
  };
}

function findProblems(measurement: Measurement): string[] {
  const { cells, overloads, soak } = measurement;
  return [
    ...cells.filter(({ state }) => state === "broken").flatMap(describeCell),
    ...overloads.filter(({ state }) => state !== "passed").map(
      describeOverload,
    ),
    ...soak !== undefined && soak.state !== "flat" ? [describeSoak(soak)] : [],
  ];
}
