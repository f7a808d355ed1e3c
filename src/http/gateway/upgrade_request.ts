import { readUpgradeHead, type UpgradeHead } from "./upgrade_head.ts";

/** Where browsers connect. */
const PATH = "/ws";
/** The WebSocket protocol that a browser offers, beside its ticket. */
export const PROTOCOL = "vapi.v1";
const TICKET_PREFIX = "ticket.";

/** How a request that is none of ours is answered. */
export type Refusal = readonly [status: string, words: string];

/** What a browser asks for, and the ticket that it shows; empty for none. */
export interface UpgradeRequest {
  readonly head: UpgradeHead;
  readonly ticket: string;
}

/** Reads a request for a WebSocket of ours, without its last empty line. */
export function readUpgradeRequest(text: string): UpgradeRequest | Refusal {
  const head = readUpgradeHead(text);
  if (head === undefined) return ["400 Bad Request", "No such request"];
  if (head.method !== "GET" || head.path !== PATH) {
    return ["404 Not Found", `Browsers' WebSockets are at ${PATH}`];
  }
  if (head.headers.upgrade?.toLowerCase() !== "websocket") {
    return ["426 Upgrade Required", "This is the address of a WebSocket"];
  }
  const offered = (head.headers["sec-websocket-protocol"] ?? "")
    .split(",").map((each) => each.trim());
  if (!offered.includes(PROTOCOL)) {
    return ["400 Bad Request", `Offer the WebSocket protocol ${PROTOCOL}`];
  }
  const shown = offered.find((each) => each.startsWith(TICKET_PREFIX));
  return { head, ticket: shown?.slice(TICKET_PREFIX.length) ?? "" };
}
