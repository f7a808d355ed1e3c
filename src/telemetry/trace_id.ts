import { createHash } from "node:crypto";

/** FreeSWITCH's ids of channels are UUIDs, unless a dialplan sets another. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Neither a trace's id nor a span's may be zero (W3C Trace Context). */
const ZERO_END = /0{16}$/;

/**
 * The id of a call's trace, 32 hexadecimal digits: the call's UUID without its
 * hyphens, and a hash of an id that is no UUID. So all nodes that have a call write
 * into one trace, and whoever knows the call finds it. Any thread.
 */
export function traceIdOf(callId: string): string {
  const digits = callId.replaceAll("-", "").toLowerCase();
  if (UUID.test(callId) && !ZERO_END.test(digits)) return digits;
  return createHash("sha256").update(callId).digest("hex").slice(0, 32);
}
