/** One figure of a scenario, and whether it keeps its limit. */
export interface Finding {
  readonly what: string;
  /** As it is shown, unit included. */
  readonly figure: string;
  readonly limit: string;
  readonly met: boolean;
  /** The bare figure. */
  readonly value: number;
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
