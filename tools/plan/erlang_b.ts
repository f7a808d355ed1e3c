/**
 * The share of calls that find all places taken (Erlang's B formula), by the
 * recursion over places, which neither overflows nor loses digits. Throws
 * RangeError for a negative load or places that are no whole number.
 */
export function blockingOf(offeredErlang: number, places: number): number {
  if (!(offeredErlang >= 0) || !Number.isInteger(places) || places < 0) {
    throw new RangeError(
      `Cannot find blocking: load must be 0 or more and places a whole number, got ${offeredErlang} and ${places}`,
    );
  }
  let blocking = 1;
  for (let n = 1; n <= places; n++) {
    blocking = offeredErlang * blocking / (n + offeredErlang * blocking);
  }
  return blocking;
}

/** The fewest places at which at most this share of calls is blocked. Throws RangeError for a share that is not above 0. */
export function placesFor(offeredErlang: number, most: number): number {
  if (!(offeredErlang >= 0) || !(most > 0)) {
    throw new RangeError(
      `Cannot find places: load must be 0 or more and the share above 0, got ${offeredErlang} and ${most}`,
    );
  }
  let places = 0;
  for (let blocking = 1; blocking > most;) {
    places++;
    blocking = offeredErlang * blocking / (places + offeredErlang * blocking);
  }
  return places;
}
