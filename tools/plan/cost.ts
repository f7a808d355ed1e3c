import type { PriceTable, SupplierPrices } from "../../src/config/prices.ts";
import type { PlanOptions } from "./options.ts";
import { LIST_PRICES, PLAN_PRICES } from "./prices.ts";

/** Tokens of a second of speech that the model reads: its technical report (arXiv 2507.16632) gives 12.5 a second. That the bill counts so is an assumption. */
const TOKENS_HEARD_A_SECOND = 12.5;
/** Tokens of a second of speech that the model writes: 25, by the same report and with the same doubt. */
const TOKENS_SPOKEN_A_SECOND = 25;

/** What one call uses of a supplier. */
export interface CallUsage {
  readonly audioInS: number;
  readonly audioOutS: number;
  readonly tokensIn: number;
  readonly tokensOut: number;
}

/** What a month costs, by one way to count. */
export interface CostRow {
  readonly supplier: string;
  readonly prices: "deployment plan" | "price list" | "own";
  readonly counted: string;
  readonly audioInCny: number;
  readonly audioOutCny: number;
  readonly tokensCny: number;
  readonly monthCny: number;
  readonly monthUsd: number;
  readonly callCny: number;
}

type RowNames = Pick<CostRow, "supplier" | "prices" | "counted">;

/** A month's cost by every table of prices and every way to count; `own` is the operator's table. */
export function findCosts(
  options: PlanOptions,
  own: PriceTable = {},
): CostRow[] {
  const row = (names: RowNames, prices: SupplierPrices, usage: CallUsage) =>
    costOf(names, { prices, usage, options });
  const rows: CostRow[] = [];
  for (const [supplier, prices] of Object.entries(PLAN_PRICES)) {
    for (const [counted, usage] of bySecond(options)) {
      const names = { supplier, prices: "deployment plan", counted } as const;
      rows.push(row(names, prices, usage));
    }
  }
  for (
    const [name, table] of [["price list", LIST_PRICES], ["own", own]] as const
  ) {
    for (const [supplier, prices] of Object.entries(table)) {
      for (const [counted, usage] of byToken(options)) {
        rows.push(row({ supplier, prices: name, counted }, prices, usage));
      }
    }
  }
  return rows;
}

function bySecond(options: PlanOptions): [string, CallUsage][] {
  const { minutes, talk, listen, tokens } = options;
  const callS = minutes * 60;
  const text = { tokensIn: tokens, tokensOut: 0 };
  return [
    ["whole call, heard and spoken", {
      audioInS: callS,
      audioOutS: callS,
      ...text,
    }],
    [`heard × ${listen}, spoken × ${talk}`, {
      audioInS: callS * listen,
      audioOutS: callS * talk,
      ...text,
    }],
  ];
}

/** The bill is between the two: a model reads the conversation again for each answer, and how much of that is charged is not known. */
function byToken(options: PlanOptions): [string, CallUsage][] {
  const { minutes, talk, listen, turns } = options;
  const audioInS = minutes * 60 * listen;
  const audioOutS = minutes * 60 * talk;
  const heard = audioInS * TOKENS_HEARD_A_SECOND;
  const tokensOut = audioOutS * TOKENS_SPOKEN_A_SECOND;
  const readAgain = (turns - 1) / 2 * (heard + tokensOut);
  const base = { audioInS, audioOutS, tokensOut };
  return [
    ["conversation read once", { ...base, tokensIn: heard }],
    [`read again in ${turns} turns`, { ...base, tokensIn: heard + readAgain }],
  ];
}

function costOf(
  names: RowNames,
  { prices, usage, options }: {
    readonly prices: SupplierPrices;
    readonly usage: CallUsage;
    readonly options: PlanOptions;
  },
): CostRow {
  const calls = options.callsPerDay * options.days;
  const audioInCny = calls * usage.audioInS * prices.audioInPerSecondCny;
  const audioOutCny = calls * usage.audioOutS * prices.audioOutPerSecondCny;
  const tokensCny = calls / 1_000_000 *
    (usage.tokensIn * prices.tokensInPerMillionCny +
      usage.tokensOut * prices.tokensOutPerMillionCny);
  const monthCny = audioInCny + audioOutCny + tokensCny;
  return {
    ...names,
    audioInCny,
    audioOutCny,
    tokensCny,
    monthCny,
    monthUsd: monthCny / options.cnyPerUsd,
    callCny: monthCny / calls,
  };
}
