/** China has one time zone, eight hours ahead of UTC, and no summer time. */
const OFFSET_MS = 8 * 3600 * 1000;

/** The date in China at a time of the wall clock in milliseconds, as `2026-11-23`. */
export function chinaDay(wallMs: number): string {
  return new Date(wallMs + OFFSET_MS).toISOString().slice(0, 10);
}
