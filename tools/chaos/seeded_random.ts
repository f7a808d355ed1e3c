/** Numbers from 0 to below 1. */
export type Random = () => number;

const STEP = 0x9e3779b9;
const SCALE = 2 ** 32;

/** The same numbers for the same seed, for plans that can be repeated (a SplitMix with 32 bits). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + STEP) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / SCALE;
  };
}
