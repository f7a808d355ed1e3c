import { type Finding, problem, warning, well } from "./finding.ts";

const NOTICEABLE_MS = 2000;
/** Certificates and signed tokens begin to fail, and sessions to expire early. */
const HARMFUL_MS = 60_000;

/** Judges how far this machine's clock is ahead of a peer's, in milliseconds; negative when it is behind. */
export function judgeClock(peer: string, aheadMs: number): Finding {
  const off = Math.abs(aheadMs);
  const seconds = (off / 1000).toFixed(1);
  if (off < NOTICEABLE_MS) return well(`the clock agrees with ${peer}`);
  const what = `the clock is ${seconds} s ${
    aheadMs > 0 ? "ahead of" : "behind"
  } ${peer}`;
  const todo = "switch time synchronisation on: timedatectl set-ntp true";
  return off < HARMFUL_MS ? warning(what, todo) : problem(what, todo);
}
