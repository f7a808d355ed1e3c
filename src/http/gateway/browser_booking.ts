import { Hono } from "hono";
import { z } from "zod";
import { RATES_HZ } from "../../router/call_control.ts";
import { refuse, refuseBody } from "../refuse.ts";
import { readJson, smallBodies } from "../small_json.ts";
import { plainWords } from "./plain_words.ts";
import type { Tickets } from "./ticket.ts";

/** How long after it was booked a call may be begun, in milliseconds. */
const BEGIN_WITHIN_MS = 60_000;

const Booking = z.strictObject({
  assistantId: z.string().max(64).default(""),
  rateHz: z.literal(RATES_HZ, {
    error: `must be one of ${RATES_HZ.join(", ")}`,
  }).default(16000),
  callerName: plainWords(64),
  callerNumber: plainWords(32),
  calledNumber: plainWords(32),
});

/** Parts of the booking. */
export interface BookingOptions {
  readonly tickets: Tickets;
  readonly hasAssistant: (id: string) => boolean;
  /** Why no call can be taken now; empty when one can. */
  readonly reasonsNotReady: () => readonly string[];
  /** Where the gateway listens. */
  readonly gatewayPort: () => number;
}

/** `POST /`: books a call of a browser's and answers with its ticket; see docs/api.md. Main thread. */
export function createBooking(options: BookingOptions): Hono {
  const app = new Hono();
  app.post("/", smallBodies, async (context) => {
    const booking = Booking.safeParse(await readJson(context));
    if (!booking.success) return refuseBody(context, booking.error);
    const { assistantId } = booking.data;
    if (assistantId !== "" && !options.hasAssistant(assistantId)) {
      const message = "assistantId: there is no such assistant";
      return refuse(context, 422, message);
    }
    const reasons = options.reasonsNotReady();
    if (reasons.length > 0) {
      const message = `No call can be taken: ${reasons.join(", ")}`;
      return refuse(context, 503, message);
    }
    const callId = crypto.randomUUID();
    const untilMs = Date.now() + BEGIN_WITHIN_MS;
    const call = { ...booking.data, callId, answered: false };
    const ticket = await options.tickets.issue(call, untilMs);
    const beginBefore = new Date(untilMs).toISOString();
    const gatewayPort = options.gatewayPort();
    return context.json({ callId, ticket, beginBefore, gatewayPort }, 201);
  });
  return app;
}
