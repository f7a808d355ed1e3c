/**
 * Metrics that rules and dashboards use although the server does not have them
 * yet, or never sets them. A name goes from here when the server does; the aim
 * is an empty list.
 */
export const COMING_METRICS: readonly string[] = [];
