const FIRST_MS = 50;
const SECOND_MS = 200;
const MOST_MS = 2000;

/**
 * How long to wait before a try after so many failures, in milliseconds: none at
 * first, then at most 50, 200, 400 … 2000. Anything up to that (full jitter), so
 * that the calls of a supplier that fell do not all come back at once. Any thread.
 */
export function backoffMs(failures: number, random: () => number): number {
  if (failures === 0) return 0;
  const most = failures === 1 ? FIRST_MS : SECOND_MS * 2 ** (failures - 2);
  return random() * Math.min(MOST_MS, most);
}
