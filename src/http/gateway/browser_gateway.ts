import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { z } from "zod";
import { LegClock } from "../../media/leg_clock.ts";
import type { CallControl } from "../../router/call_control.ts";
import { refuse, refuseBody } from "../refuse.ts";
import { BrowserControl } from "./browser_control.ts";
import { plainWords } from "./plain_words.ts";
import { RATES_HZ, type TicketCall, Tickets } from "./ticket.ts";

/** How long after it was booked a call may be begun, in milliseconds. */
const BEGIN_WITHIN_MS = 60_000;
/** How long a call may be come back to beyond its longest time, in milliseconds. */
const RETURN_RESERVE_MS = 60_000;
/** The WebSocket protocol that a browser offers, beside its ticket. */
const PROTOCOL = "vapi.v1";
const TICKET_PREFIX = "ticket.";
const MOST_BODY_BYTES = 4096;
/** A browser that answers no ping for so long is gone. */
const IDLE_SECONDS = 15;

const Booking = z.strictObject({
  assistantId: z.string().max(64).default(""),
  rateHz: z.literal(RATES_HZ, {
    error: `must be one of ${RATES_HZ.join(", ")}`,
  }).default(16000),
  callerName: plainWords(64),
  callerNumber: plainWords(32),
  calledNumber: plainWords(32),
});

/** Parts of the gateway. */
export interface GatewayOptions {
  /** Signs tickets; the same on all nodes of a site. */
  readonly key: string;
  readonly hasAssistant: (id: string) => boolean;
  /** Why no call can be taken now; empty when one can. */
  readonly reasonsNotReady: () => readonly string[];
  readonly receive: (control: CallControl) => void;
  readonly maxCallMs: number;
}

/** Lets browsers call: `book` gives out a ticket, `connect` takes the WebSocket that redeems it. Main thread. */
export interface Gateway {
  /** `POST /`, for who may book. */
  readonly book: Hono;
  /** `GET /`, for who has a ticket. */
  readonly connect: Hono;
}

/** Makes the gateway; see docs/api.md for what it answers. */
export function createGateway(options: GatewayOptions): Gateway {
  const tickets = new Tickets(options.key);
  const clock = new LegClock();
  const book = new Hono();
  book.post("/", smallBodies, async (context) => {
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
    const ticket = await tickets.issue(call, untilMs);
    const beginBefore = new Date(untilMs).toISOString();
    return context.json({ callId, ticket, beginBefore }, 201);
  });

  const connect = new Hono();
  connect.get("/", async (context) => {
    const offered = protocolsOf(context);
    const request = context.req.raw;
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return refuse(context, 426, "This is the address of a WebSocket");
    }
    if (!offered.includes(PROTOCOL)) {
      return refuse(context, 400, `Offer the WebSocket protocol ${PROTOCOL}`);
    }
    const ticket = offered.find((each) => each.startsWith(TICKET_PREFIX));
    const call = ticket &&
      await tickets.read(ticket.slice(TICKET_PREFIX.length));
    if (!call) {
      const message = "The ticket is missing, too old or not one of ours";
      return refuse(context, 401, message);
    }
    // Before the upgrade: with it, what is known of the request is gone.
    const channel = channelOf(call, context);
    const { socket, response } = Deno.upgradeWebSocket(request, {
      protocol: PROTOCOL,
      idleTimeout: IDLE_SECONDS,
    });
    socket.binaryType = "arraybuffer";
    const control = new BrowserControl({
      socket,
      clock,
      rateHz: call.rateHz,
      channel,
      returnTicket: () => {
        const untilMs = Date.now() + options.maxCallMs + RETURN_RESERVE_MS;
        return tickets.issue({ ...call, answered: true }, untilMs);
      },
    });
    socket.addEventListener("open", () => options.receive(control));
    return response;
  });
  return { book, connect };
}

const smallBodies = bodyLimit({
  maxSize: MOST_BODY_BYTES,
  onError: (context) =>
    refuse(context, 413, `The body is larger than ${MOST_BODY_BYTES} bytes`),
});

function channelOf(call: TicketCall, context: Context) {
  const { callId, rateHz: _, ...rest } = call;
  const { remoteAddr } = context.env as Partial<Deno.ServeHandlerInfo>;
  const isNet = remoteAddr?.transport === "tcp";
  return {
    ...rest,
    uuid: callId,
    line: "browser",
    held: false,
    localHost: new URL(context.req.url).hostname,
    remoteHost: isNet ? remoteAddr.hostname : "",
  } as const;
}

function protocolsOf(context: Context): string[] {
  const header = context.req.header("sec-websocket-protocol") ?? "";
  return header.split(",").map((each) => each.trim());
}

/** The body; undefined when it is no JSON. An empty one leaves everything out. */
async function readJson(context: Context): Promise<unknown> {
  const text = await context.req.text();
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
