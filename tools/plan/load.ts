import { blockingOf, placesFor } from "./erlang_b.ts";
import type { PlanOptions } from "./options.ts";

const SECONDS_A_DAY = 86_400;
/** More than one installation of this server is for. */
const MOST_PLACES = 1_000_000;

/** What the busiest moment brings. */
export interface Load {
  /** Calls that begin in a second. */
  readonly callsPerSecond: number;
  /** Mean number of calls at once, in erlang: rate times length (Little's law). */
  readonly erlang: number;
  /** The same in whole calls. */
  readonly concurrent: number;
  /** Calls at once that are provided for. */
  readonly places: number;
  /** Share of calls that find no place (Erlang B). */
  readonly blocking: number;
  /** Places at which one call in a hundred, or in a thousand, finds none. */
  readonly placesForOnePercent: number;
  readonly placesForOnePerMille: number;
}

/** The load of the busiest moment. Throws RangeError when it is beyond any installation. */
export function findLoad(options: PlanOptions): Load {
  const { callsPerDay, peak, minutes, reserve } = options;
  const callsPerSecond = callsPerDay * peak / SECONDS_A_DAY;
  const erlang = callsPerSecond * minutes * 60;
  const concurrent = Math.ceil(erlang);
  const places = options.places ?? Math.ceil(concurrent * reserve);
  if (Math.max(places, concurrent) > MOST_PLACES) {
    throw new RangeError(
      `--calls-per-day, --minutes and --peak together must need at most ${MOST_PLACES} places, got ${
        Math.max(places, concurrent)
      }`,
    );
  }
  return {
    callsPerSecond,
    erlang,
    concurrent,
    places,
    blocking: blockingOf(erlang, places),
    placesForOnePercent: placesFor(erlang, 0.01),
    placesForOnePerMille: placesFor(erlang, 0.001),
  };
}
