import type { PriceTable } from "../../src/config/prices.ts";

/** The deployment plan's prices, section 6.2: by the second of audio, and 0.002 CNY for a thousand tokens. */
export const PLAN_PRICES: PriceTable = {
  stepfun: {
    audioInPerSecondCny: 0.005,
    audioOutPerSecondCny: 0.003,
    tokensInPerMillionCny: 2,
    tokensOutPerMillionCny: 2,
  },
};

/** The supplier's price list for step-audio-2, as of November 2026; 2 CNY for a million cached tokens are left out. */
export const LIST_PRICES: PriceTable = {
  stepfun: {
    audioInPerSecondCny: 0,
    audioOutPerSecondCny: 0,
    tokensInPerMillionCny: 10,
    tokensOutPerMillionCny: 70,
  },
};
