/** One thing that was found out. */
export interface Finding {
  readonly state: "ok" | "warning" | "problem";
  readonly what: string;
  /** What to do about it; nothing when it is well. */
  readonly todo?: string;
}

/** A finding that needs nothing to be done. */
export function well(what: string): Finding {
  return { state: "ok", what };
}

/** A finding that may do harm later, or that could not be settled. */
export function warning(what: string, todo: string): Finding {
  return { state: "warning", what, todo };
}

/** A finding that keeps calls from being served. */
export function problem(what: string, todo: string): Finding {
  return { state: "problem", what, todo };
}
