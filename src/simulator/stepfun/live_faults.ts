/** What goes wrong from now on, for all sessions at once; see {@linkcode parseLiveFault}. */
export type LiveFault =
  /** TCP ends without a close frame: clients see 1006. */
  | { readonly fault: "cut" }
  /** All sessions are closed with this code. */
  | { readonly fault: "close"; readonly code: number }
  /** Nothing is read or written any more, pongs included; TCP stays open. */
  | { readonly fault: "stall"; readonly on: boolean }
  /** Nothing comes any more from the middle of each session's next response on; pings are answered. Ends with the session. */
  | { readonly fault: "mute"; readonly on: boolean }
  /** Every upgrade is answered with this status; undefined: as usual again. */
  | { readonly fault: "refuse"; readonly status: number | undefined }
  /** New connections are accepted and never answered. */
  | { readonly fault: "hang"; readonly on: boolean }
  /** Sessions end when they are so old; undefined: as usual again, for new ones. */
  | { readonly fault: "limit"; readonly ms: number | undefined }
  /** Upgrades are answered so much later; 0: as usual again. */
  | { readonly fault: "slow"; readonly ms: number };

/** What {@linkcode parseLiveFault} understands, for a help text. */
export const LIVE_FAULTS =
  "cut, close CODE, stall on|off, mute on|off, refuse STATUS|off, hang on|off, limit MS|off, slow MS|off";

const MOST_MS = 2_000_000_000;

/** Reads a fault as it is typed, e.g. `refuse 503`. Any thread. Throws RangeError, with what is allowed. */
export function parseLiveFault(text: string): LiveFault {
  const [fault, value = "", ...more] = text.trim().split(/\s+/);
  if (more.length > 0) throw refusal(text);
  const off = value === "off";
  switch (fault) {
    case "cut":
      if (value !== "") throw refusal(text);
      return { fault };
    case "close":
      return { fault, code: readWhole(text, value, [1000, 4999]) };
    case "stall":
    case "mute":
    case "hang":
      if (!off && value !== "on") throw refusal(text);
      return { fault, on: !off };
    case "refuse": {
      const status = off ? undefined : readWhole(text, value, [400, 599]);
      return { fault, status };
    }
    case "limit":
      return {
        fault,
        ms: off ? undefined : readWhole(text, value, [1, MOST_MS]),
      };
    case "slow":
      return { fault, ms: off ? 0 : readWhole(text, value, [0, MOST_MS]) };
    default:
      throw refusal(text);
  }
}

function readWhole(
  text: string,
  value: string,
  [least, most]: readonly [number, number],
): number {
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (number >= least && number <= most) return number;
  throw new RangeError(
    `Cannot switch a fault: the number must be ${least} to ${most}, got ${
      JSON.stringify(text.slice(0, 100))
    }`,
  );
}

function refusal(text: string): RangeError {
  return new RangeError(
    `Cannot switch a fault: it must be one of ${LIVE_FAULTS}, got ${
      JSON.stringify(text.slice(0, 100))
    }`,
  );
}
