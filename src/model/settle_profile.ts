import type { ModelProfile } from "./profile.ts";

/** What an operator may set differently from a supplier's own values. */
export interface ProfileOverrides {
  /** Address of the Realtime API, `ws:` or `wss:`, without the model. */
  readonly url?: string;
  readonly inputRateHz?: number;
  readonly outputRateHz?: number;
  readonly truncate?: boolean;
}

/**
 * A supplier's profile, whose `url` has no model yet, with what the operator
 * sets differently. Any thread. Throws RangeError for a rate that is no whole
 * number of hertz from 8000 to 48000, TypeError for an address that is not
 * `ws:` or `wss:`.
 */
export function settleProfile(
  standard: ModelProfile,
  overrides: ProfileOverrides,
): ModelProfile {
  const { model, capabilities } = standard;
  const inputRateHz = overrides.inputRateHz ?? standard.inputRateHz;
  const outputRateHz = overrides.outputRateHz ?? standard.outputRateHz;
  checkRate("inputRateHz", inputRateHz);
  checkRate("outputRateHz", outputRateHz);
  return {
    ...standard,
    url: addressOf(overrides.url ?? standard.url, model),
    inputRateHz,
    outputRateHz,
    capabilities: { truncate: overrides.truncate ?? capabilities.truncate },
  };
}

function checkRate(name: string, rateHz: number): void {
  if (!Number.isInteger(rateHz) || rateHz < 8000 || rateHz > 48000) {
    throw new RangeError(
      `Cannot use ${name}: must be a whole number from 8000 to 48000, got ${rateHz}`,
    );
  }
}

function addressOf(url: string, model: string): string {
  const address = URL.parse(url);
  if (address?.protocol !== "ws:" && address?.protocol !== "wss:") {
    throw new TypeError(
      `Cannot use url: must be a ws: or wss: address, got ${url}`,
    );
  }
  if (address.hash !== "") {
    throw new TypeError(`Cannot use url: must have no fragment, got ${url}`);
  }
  address.searchParams.set("model", model);
  return address.href;
}
