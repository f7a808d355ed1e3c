import type { SupplierUsage } from "../shard/protocol.ts";

/** What a supplier asks for, in CNY; see `config/prices.ts`. */
export interface SupplierPrices {
  readonly audioInPerSecondCny: number;
  readonly audioOutPerSecondCny: number;
  readonly tokensInPerMillionCny: number;
  readonly tokensOutPerMillionCny: number;
}

/** What a call's model cost, by what it was paid for. */
export interface Cost {
  readonly supplier: string;
  readonly kind: "audio_in" | "audio_out" | "tokens_in" | "tokens_out";
  readonly cny: number;
}

const MS_A_SECOND = 1000;
const MILLION = 1e6;

/** Prices what suppliers have done for a call; what costs nothing is left out. Pure. */
export function priceUsage(
  usage: readonly SupplierUsage[],
  prices: Readonly<Record<string, SupplierPrices>>,
): Cost[] {
  return usage.flatMap(({ supplier, ...used }) => {
    if (!Object.hasOwn(prices, supplier)) return [];
    const price = prices[supplier];
    const costs = {
      audio_in: used.uplinkMs / MS_A_SECOND * price.audioInPerSecondCny,
      audio_out: used.downlinkMs / MS_A_SECOND * price.audioOutPerSecondCny,
      tokens_in: used.inputTokens / MILLION * price.tokensInPerMillionCny,
      tokens_out: used.outputTokens / MILLION * price.tokensOutPerMillionCny,
    };
    const kinds = Object.keys(costs) as Array<Cost["kind"]>;
    return kinds.map((kind) => ({ supplier, kind, cny: costs[kind] }))
      .filter(({ cny }) => cny > 0);
  });
}

/** The sum in CNY. */
export function sumOf(costs: readonly Cost[]): number {
  return costs.reduce((sum, { cny }) => sum + cny, 0);
}
