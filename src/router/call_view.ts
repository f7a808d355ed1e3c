import type { Line } from "./call_control.ts";

/** How a call stands at one moment. The numbers are personal data. */
export interface CallView {
  readonly callId: string;
  readonly line: Line;
  readonly caller: string;
  readonly called: string;
  readonly assistantId: string;
  /** `connecting` until the first frame, `ending` while it is being released. */
  readonly state: "connecting" | "talking" | "on_hold" | "ending";
  /** Whose model speaks, or is to. */
  readonly supplier: string;
  /** Undefined while no shard has it. */
  readonly shard?: number;
  /** Whether it was begun at another node, or over another connection. */
  readonly resumed: boolean;
  /** Since it came to this node, in milliseconds. */
  readonly ageMs: number;
  /** Since its first frame on this node, in milliseconds; undefined before. */
  readonly talkMs?: number;
}
