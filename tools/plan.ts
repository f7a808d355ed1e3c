import { parsePrices, type PriceTable } from "../src/config/prices.ts";
import { SUPPLIER_NAMES } from "../src/config/suppliers.ts";
import { type MeasuredCost, OWN_MEASUREMENT } from "./plan/measured_cost.ts";
import { type PlanOptions, readOptions, USAGE } from "./plan/options.ts";
import { readReport } from "./plan/read_report.ts";
import { makeSizing } from "./plan/make_sizing.ts";
import { describeSizing } from "./plan/sizing_text.ts";

const BAD_OPTIONS = 2;

function findMeasured({ report }: PlanOptions): MeasuredCost {
  if (report === undefined) return OWN_MEASUREMENT;
  return readReport(readText("--report", report), report);
}

function findPrices({ prices: path }: PlanOptions): PriceTable | undefined {
  if (path === undefined) return undefined;
  const readTextFile = (path: string) => readText("--prices", path);
  const { prices, problems } = parsePrices({
    path,
    readTextFile,
    suppliers: SUPPLIER_NAMES,
  });
  if (problems.length === 0) return prices;
  throw new TypeError(`--prices ${path}: ${problems.join("; ")}`);
}

function readText(option: string, path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TypeError(`${option} ${path} cannot be read: ${why}`, { cause });
  }
}

/** The command; returns its exit code. */
function main(args: string[]): number {
  try {
    const options = readOptions(args);
    if (options === undefined) {
      console.log(USAGE);
      return 0;
    }
    const sizing = makeSizing(options, {
      measured: findMeasured(options),
      prices: findPrices(options),
    });
    const { json } = options;
    console.log(
      json ? JSON.stringify(sizing, null, 2) : describeSizing(sizing),
    );
    return 0;
  } catch (error) {
    const mistaken = error instanceof TypeError || error instanceof RangeError;
    if (!mistaken) throw error;
    console.error(error.message);
    console.error("Options are described by: deno task plan --help");
    return BAD_OPTIONS;
  }
}

if (import.meta.main) Deno.exit(main(Deno.args));
