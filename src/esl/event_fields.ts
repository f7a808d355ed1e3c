import type { EslHeaders } from "./esl_message.ts";

/** The cause of a hang-up, `UNSPECIFIED` where it has none that is a token. Any thread. */
export function readHangupCause(headers: EslHeaders): string {
  const cause = headers.get("Hangup-Cause") ?? "";
  return /^[A-Z][A-Z0-9_]{0,63}$/.test(cause) ? cause : "UNSPECIFIED";
}

/** The key of a DTMF event, undefined when it is none of 0-9 * # A-D. Any thread. */
export function readDtmfDigit(headers: EslHeaders): string | undefined {
  const digit = headers.get("DTMF-Digit")?.toUpperCase() ?? "";
  return /^[0-9*#A-D]$/.test(digit) ? digit : undefined;
}

/** The number of an event, which grows with all events of a FreeSWITCH; NaN, which is less than none, without one. */
export function readSequence(headers: EslHeaders): number {
  return Number(headers.get("Event-Sequence") ?? NaN);
}
