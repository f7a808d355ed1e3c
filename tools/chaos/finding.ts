/** One figure of a scenario, and whether it keeps its limit. */
export interface Finding {
  readonly what: string;
  /** As it is shown, unit included. */
  readonly figure: string;
  readonly limit: string;
  readonly met: boolean;
  /** The bare figure. */
  readonly value: number;
  /** What was counted, each different one with how often it was. */
  readonly counted?: Readonly<Record<string, number>>;
}

/** How a figure is bounded and shown. */
export interface Bound {
  readonly most: number;
  readonly unit?: string;
}

/** A figure that must not be larger. One that is not a number breaks its limit. */
export function atMost(
  what: string,
  value: number,
  { most, unit = "" }: Bound,
): Finding {
  const show = (number: number) =>
    `${Number.isFinite(number) ? round(number) : "none"}${unit && ` ${unit}`}`;
  return {
    what,
    value,
    figure: show(value),
    limit: `≤ ${show(most)}`,
    met: value <= most,
  };
}

/** A figure that must be exactly so. */
export function exactly(what: string, value: number, wanted: number): Finding {
  return {
    what,
    value,
    figure: String(value),
    limit: String(wanted),
    met: value === wanted,
  };
}

/** Things of which there must be none, each in a few words that the report repeats. */
export function none(what: string, found: readonly string[]): Finding {
  const counted: Record<string, number> = {};
  for (const words of found) counted[words] = (counted[words] ?? 0) + 1;
  return { ...exactly(what, found.length, 0), counted };
}

/** A figure without a limit, to compare others with. */
export function only(what: string, value: number, unit = ""): Finding {
  const figure = `${round(value)}${unit && ` ${unit}`}`;
  return { what, value, figure, limit: "–", met: true };
}

/** Something that could not be measured at all. */
export function missing(what: string, why: string): Finding {
  return { what, value: NaN, figure: why, limit: "measured", met: false };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
