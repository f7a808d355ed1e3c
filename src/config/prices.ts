import { z } from "zod";

/** What a supplier asks for, in CNY; a price that does not apply is 0. */
export interface SupplierPrices {
  /** A second of speech sent to it. */
  readonly audioInPerSecondCny: number;
  /** A second of speech received of it. */
  readonly audioOutPerSecondCny: number;
  /** A million tokens that it read, where it counts them. */
  readonly tokensInPerMillionCny: number;
  /** A million tokens that it wrote, where it counts them. */
  readonly tokensOutPerMillionCny: number;
}

/** Prices by supplier. */
export type PriceTable = Readonly<Record<string, SupplierPrices>>;

/** The deployment plan's prices for StepFun, per second; the others are free until somebody sets their price. */
export const DEFAULT_PRICES: PriceTable = Object.freeze({
  stepfun: Object.freeze({
    audioInPerSecondCny: 0.005,
    audioOutPerSecondCny: 0.003,
    tokensInPerMillionCny: 2,
    tokensOutPerMillionCny: 2,
  }),
});

const price = z.number().min(0).max(1_000_000).default(0);

const Prices = z.record(
  z.string().regex(/^[a-z0-9_-]{1,64}$/, "must be a supplier's name"),
  z.strictObject({
    audioInPerSecondCny: price,
    audioOutPerSecondCny: price,
    tokensInPerMillionCny: price,
    tokensOutPerMillionCny: price,
  }),
);

/** What {@linkcode parsePrices} needs. */
export interface PriceSources {
  /** None for the built-in table. */
  readonly path?: string;
  readonly readTextFile: (path: string) => string;
  /** Suppliers that a table may name. */
  readonly suppliers: readonly string[];
}

/** Reads the price table, a JSON object by supplier. Main thread, at start. Mistakes are returned, one line each. */
export function parsePrices(sources: PriceSources) {
  const { path, readTextFile, suppliers } = sources;
  if (path === undefined) return { prices: DEFAULT_PRICES, problems: [] };
  const problems: string[] = [];
  let prices: PriceTable = {};
  try {
    const parsed = Prices.safeParse(JSON.parse(readTextFile(path)));
    if (parsed.success) prices = parsed.data;
    else {
      for (const issue of parsed.error.issues) {
        const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
        problems.push(`PRICES_FILE: ${where}${issue.message}`);
      }
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.push(`PRICES_FILE cannot be read: ${path}: ${why}`);
  }
  for (const name of Object.keys(prices)) {
    if (!suppliers.includes(name)) {
      problems.push(
        `PRICES_FILE: ${name}: must be one of ${suppliers.join(", ")}`,
      );
    }
  }
  return { prices, problems };
}
