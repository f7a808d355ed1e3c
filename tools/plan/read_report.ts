import { z } from "zod";
import type { MeasuredCost } from "./measured_cost.ts";

const positive = z.number().positive();

const Report = z.object({
  cells: z.array(z.object({
    calls: positive,
    shards: positive,
    state: z.string(),
    measured: z.object({
      server: z.object({
        all: positive,
        main: z.number().min(0),
        media: z.number().min(0).default(0),
      }),
      cpuPerCallCores: positive,
      bytesPerCall: positive,
      idleBytes: positive,
    }).optional(),
  })),
  verdicts: z.array(z.object({ shards: positive, carried: z.number().min(0) })),
});

/**
 * The cost of a call by the report.json of `deno task capacity`: of the most
 * calls that met every limit, with fewer not failing them. Throws TypeError
 * when it is no such report, RangeError when no number of calls met the limits.
 */
export function readReport(text: string, path: string): MeasuredCost {
  const report = parse(text, path);
  const best = report.verdicts.reduce(
    (a, b) => b.carried > a.carried ? b : a,
    { shards: 0, carried: 0 },
  );
  const cell = report.cells.find((each) =>
    each.state === "met" && each.calls === best.carried &&
    each.shards === best.shards
  );
  if (cell?.measured === undefined) {
    throw new RangeError(
      `Cannot plan by ${path}: no number of calls met the limits in it. Run "deno task capacity" with fewer --calls.`,
    );
  }
  const { server, cpuPerCallCores, bytesPerCall, idleBytes } = cell.measured;
  return {
    source: `${path}: ${cell.calls} calls, ${cell.shards} shard(s)`,
    cpuPerCallCores,
    // A server without such a thread carries the datagrams in its main thread.
    mediaShare: Math.min(1, (server.media || server.main) / server.all),
    bytesPerCall,
    idleBytes,
    carriedCalls: cell.calls,
  };
}

function parse(text: string, path: string): z.infer<typeof Report> {
  try {
    return Report.parse(JSON.parse(text));
  } catch (cause) {
    throw new TypeError(
      `Cannot read ${path}: it must be report.json of "deno task capacity"`,
      { cause },
    );
  }
}
