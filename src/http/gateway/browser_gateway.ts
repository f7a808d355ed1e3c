import { LegClock } from "../../media/leg_clock.ts";
import type { CallControl } from "../../router/call_control.ts";
import type { Log } from "../../telemetry/log.ts";
import { BrowserControl } from "./browser_control.ts";
import { GatewayListener, type GatewayRejection } from "./gateway_listener.ts";
import type { Tickets } from "./ticket.ts";

/** How long a call may be come back to beyond its longest time, in milliseconds. */
const RETURN_RESERVE_MS = 60_000;

/** Parts of the gateway. */
export interface GatewayOptions {
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  readonly tickets: Tickets;
  readonly receive: (control: CallControl) => void;
  readonly maxCallMs: number;
  /** A connection did not become a WebSocket. */
  readonly rejected: (why: GatewayRejection) => void;
  readonly log: Log;
}

/**
 * Lets browsers call: a WebSocket with a good ticket is handed over as a call;
 * see docs/api.md. Main thread. Throws what Deno.listen throws.
 */
export function openGateway(options: GatewayOptions): GatewayListener {
  const { tickets, maxCallMs, receive } = options;
  const clock = new LegClock();
  /** Calls that are over for good, until their tickets are too old. */
  const over = new Map<string, number>();
  return new GatewayListener({
    ...options,
    async redeem(ticket) {
      const nowMs = Date.now();
      for (const [callId, untilMs] of over) {
        if (untilMs < nowMs) over.delete(callId);
      }
      const read = await tickets.read(ticket);
      if (read === undefined || over.has(read.call.callId)) return undefined;
      const { call } = read;
      const { callId, rateHz, ...channel } = call;
      // One that comes back has no more time than it had.
      const returnUntilMs = call.answered
        ? read.untilMs
        : nowMs + maxCallMs + RETURN_RESERVE_MS;
      return (socket, peer) => {
        const control = new BrowserControl({
          socket,
          clock,
          rateHz,
          channel: {
            ...channel,
            ...peer,
            uuid: callId,
            line: "browser",
            held: false,
          },
          returnTicket: () =>
            tickets.issue({ ...call, answered: true }, returnUntilMs),
          over: () => over.set(callId, returnUntilMs),
        });
        receive(control);
      };
    },
  });
}
