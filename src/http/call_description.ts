import type { CallView } from "../router/call_view.ts";

/** Digits of a number that are shown: personal data is not for everybody who watches a node. */
const SHOWN_DIGITS = 4;

/** A call as the REST interface shows it; see docs/api.md. */
export interface CallDescription {
  readonly callId: string;
  readonly ageSeconds: number;
  readonly [name: string]: unknown;
}

/** Describes a call of `node`. */
export function describeCall(view: CallView, node: string): CallDescription {
  const { ageMs, talkMs, caller, called, ...rest } = view;
  return {
    ...rest,
    node,
    caller: shorten(caller),
    called: shorten(called),
    ageSeconds: Math.round(ageMs / 1000),
    talkSeconds: talkMs === undefined ? undefined : Math.round(talkMs / 1000),
  };
}

function shorten(number: string): string {
  const hidden = Math.max(0, number.length - SHOWN_DIGITS);
  return "*".repeat(hidden) + number.slice(hidden);
}
