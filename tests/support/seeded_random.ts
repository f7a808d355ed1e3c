/** Numbers from 0 to below 1, the same for the same seed. */
export type Random = () => number;

/**
 * A source of random numbers for one test. The seed is printed, and is a fresh
 * one unless the environment's TEST_SEED names one, as to repeat a failure.
 */
export function printedRandom(what: string): Random {
  const seed = Number(
    Deno.env.get("TEST_SEED") ?? Math.floor(Math.random() * 2 ** 32),
  );
  console.log(`${what}: TEST_SEED=${seed}`);
  return seededRandom(seed);
}

/** Mulberry32. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** An integer from `least` to `most`, both included. */
export function between(random: Random, least: number, most: number): number {
  return least + Math.floor(random() * (most - least + 1));
}

/** Keeps the thread busy for up to `mostTurns` turns. */
export function spin(random: Random, mostTurns: number): void {
  for (let left = random() * mostTurns; left > 0; left--) Math.sqrt(left);
}
