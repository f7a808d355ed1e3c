/** Named moments of a session at which a fault can strike, in their usual order. */
export const STEPS = [
  "upgrade",
  "open",
  "created",
  "updated",
  "speech_started",
  "speech_stopped",
  "committed",
  "response.created",
  "first_delta",
  "mid_response",
  "audio.done",
  "response.done",
] as const;

/** One of {@linkcode STEPS}: `upgrade` is before the HTTP answer, `open` right after it. */
export type Step = (typeof STEPS)[number];

/** What goes wrong in a session; everything is off when it is left out. */
export interface Faults {
  /** The upgrade is answered with this HTTP status. */
  readonly refuseStatus?: number;
  readonly noSessionCreated?: boolean;
  readonly noSessionUpdated?: boolean;
  /** A text that is not JSON, at `injectAt`. */
  readonly brokenJson?: boolean;
  /** An event of a type that nobody knows, at `injectAt`. */
  readonly unknownEvent?: boolean;
  /** An error event with this message, at `injectAt`. */
  readonly errorEvent?: string;
  /** A binary frame, at `injectAt`. */
  readonly binaryFrame?: boolean;
  /** When the four above come; `response.created` unless it is set. */
  readonly injectAt?: Step;
  /** The first audio delta of each response is not base64. */
  readonly badBase64?: boolean;
  /** The first audio delta of each response ends in the middle of a sample, and the next one goes on there. */
  readonly oddLengthDelta?: boolean;
  /** Before the first audio delta of each response comes one of so many bytes. */
  readonly hugeDelta?: number;
  /** `response_id` and `item_id` are left out of the parts of a response. */
  readonly missingIds?: boolean;
  /** Items have `content: null`. */
  readonly nullContent?: boolean;
  /** The socket closes at a step; 1006 ends TCP without a close frame. */
  readonly closeAt?: { readonly step: Step; readonly code: number };
  /** From this step on nothing comes any more; the socket stays open. */
  readonly stallAt?: Step;
  /** Responses have transcripts and no audio. */
  readonly noAudio?: boolean;
  /** Every event is late by so many milliseconds. */
  readonly slow?: number;
}

const HUGE_DELTA_BYTES = 10_000_000;
const SLOW_MS = 2_000;

const FLAGS: ReadonlySet<string> = new Set([
  "noSessionCreated",
  "noSessionUpdated",
  "brokenJson",
  "unknownEvent",
  "binaryFrame",
  "badBase64",
  "oddLengthDelta",
  "missingIds",
  "nullContent",
  "noAudio",
]);

/** Names that {@linkcode parseFault} knows. */
export const FAULT_NAMES: readonly string[] = [
  ...FLAGS,
  "refuseStatus",
  "errorEvent",
  "injectAt",
  "hugeDelta",
  "closeAt",
  "stallAt",
  "slow",
];

/**
 * Reads one fault as it is typed: `brokenJson`, `refuseStatus=503`,
 * `closeAt=mid_response:1011`. Throws RangeError, with what is allowed. Any thread.
 */
export function parseFault(text: string): Faults {
  const split = text.indexOf("=");
  const name = split < 0 ? text : text.slice(0, split);
  const value = split < 0 ? undefined : text.slice(split + 1);
  if (FLAGS.has(name)) return { [name]: parseFlag(name, value) };
  if (name === "refuseStatus") {
    return { refuseStatus: parseWhole(name, value, [400, 599]) };
  }
  if (name === "errorEvent") {
    return { errorEvent: value ?? "internal error" };
  }
  if (name === "hugeDelta") {
    const bytes = value ?? String(HUGE_DELTA_BYTES);
    return { hugeDelta: parseWhole(name, bytes, [2, HUGE_DELTA_BYTES]) };
  }
  if (name === "slow") {
    return { slow: parseWhole(name, value ?? String(SLOW_MS), [1, 600_000]) };
  }
  if (name === "injectAt") return { injectAt: parseStep(name, value) };
  if (name === "stallAt") return { stallAt: parseStep(name, value) };
  if (name === "closeAt") return { closeAt: parseCloseAt(value) };
  throw new RangeError(
    `Cannot read a fault: name must be one of ${FAULT_NAMES.join(", ")}, ` +
      `got ${JSON.stringify(name)}`,
  );
}

function parseFlag(name: string, value: string | undefined): boolean {
  if (value === undefined || value === "true") return true;
  if (value === "false") return false;
  throw refusal(name, "true or false", value);
}

function parseCloseAt(value: string | undefined): Faults["closeAt"] {
  const [step, code] = (value ?? "").split(":");
  return {
    step: parseStep("closeAt", step),
    code: code === undefined ? 1006 : parseWhole("closeAt", code, [1000, 4999]),
  };
}

function parseStep(name: string, value: string | undefined): Step {
  const step = STEPS.find((known) => known === value);
  if (step === undefined) throw refusal(name, STEPS.join(", "), value);
  return step;
}

function parseWhole(
  name: string,
  value: string | undefined,
  [least, most]: readonly [number, number],
): number {
  const number = Number(value);
  const fits = Number.isInteger(number) && number >= least && number <= most;
  if (!fits) throw refusal(name, `a number of ${least} to ${most}`, value);
  return number;
}

function refusal(name: string, allowed: string, value?: string): RangeError {
  return new RangeError(
    `Cannot read fault ${name}: value must be ${allowed}, ` +
      `got ${JSON.stringify(value ?? "")}`,
  );
}
