import { sign, verify } from "hono/jwt";
import { z } from "zod";
import { RATES_HZ } from "../../router/call_control.ts";
import { plainWords } from "./plain_words.ts";

const ALGORITHM = "HS256";
/** Whom a ticket is for, so that no other token of the same key passes for one. */
const AUDIENCE = "vapi-browser-call";

/** What a ticket says of its call. The numbers and the name are personal data. */
export const TicketCall = z.strictObject({
  callId: z.uuid(),
  /** Empty for the default one. */
  assistantId: z.string().max(64),
  rateHz: z.literal(RATES_HZ),
  callerName: plainWords(64),
  callerNumber: plainWords(32),
  calledNumber: plainWords(32),
  /** Whether the caller has been answered, and comes back. */
  answered: z.boolean(),
});

/** The call that a ticket is for. */
export type TicketCall = z.infer<typeof TicketCall>;

const Claims = z.object({ call: TicketCall, exp: z.number() });

/** A ticket that is one of ours. */
export interface ReadTicket {
  readonly call: TicketCall;
  /** Until when it is good, of the wall clock. */
  readonly untilMs: number;
}

/**
 * Tickets for calls of browsers: JSON Web Tokens, signed with the key that all
 * nodes of a site share, so that any of them can redeem one. Main thread.
 */
export class Tickets {
  #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** A ticket that is good until `untilMs` of the wall clock. */
  async issue(call: TicketCall, untilMs: number): Promise<string> {
    const exp = Math.floor(untilMs / 1000);
    const claims = { call, aud: AUDIENCE, exp };
    return await sign(claims, this.#key, ALGORITHM);
  }

  /** What a ticket says; undefined when it is not one of ours, or too old. */
  async read(ticket: string): Promise<ReadTicket | undefined> {
    try {
      const how = { alg: ALGORITHM, aud: AUDIENCE } as const;
      const { call, exp } = Claims.parse(await verify(ticket, this.#key, how));
      return { call, untilMs: exp * 1000 };
    } catch {
      return undefined;
    }
  }
}
