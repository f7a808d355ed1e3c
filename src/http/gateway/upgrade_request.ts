import { isPlainHost } from "../plain_host.ts";
import type { Refusal } from "./refusal.ts";
import { readUpgradeHead, type UpgradeHead } from "./upgrade_head.ts";

/** Where browsers connect. */
const PATH = "/ws";
/** The WebSocket protocol that a browser offers, beside its ticket. */
export const PROTOCOL = "vapi.v1";
const TICKET_PREFIX = "ticket.";
/** Of RFC 6455, and of the draft that the library knows, too. */
const VERSIONS = ["13", "8"];

/** What a browser asks for, and the ticket that it shows; empty for none. */
export interface UpgradeRequest {
  readonly head: UpgradeHead;
  readonly ticket: string;
}

/** Reads a request for a WebSocket of ours, without its last empty line. */
export function readUpgradeRequest(text: string): UpgradeRequest | Refusal {
  const head = readUpgradeHead(text);
  if (head === undefined) return ["400 Bad Request", "No such request"];
  const { headers } = head;
  const refusal = refuseFrame(headers) ?? refuseAim(head);
  if (refusal !== undefined) return refusal;
  const offered = readList(headers["sec-websocket-protocol"]);
  if (!offered.includes(PROTOCOL)) {
    return ["400 Bad Request", `Offer the WebSocket protocol ${PROTOCOL}`];
  }
  const shown = offered.find((each) => each.startsWith(TICKET_PREFIX));
  return { head, ticket: shown?.slice(TICKET_PREFIX.length) ?? "" };
}

/** What HTTP demands of every request (RFC 9112), or forbids to one of ours. */
function refuseFrame(headers: UpgradeHead["headers"]): Refusal | undefined {
  // Two of them are joined by a comma, which no host has.
  if (!isPlainHost(headers.host ?? "")) {
    return ["400 Bad Request", "There must be one Host header with a host"];
  }
  const isEmpty = (headers["content-length"] ?? "0") === "0";
  if (!isEmpty || headers["transfer-encoding"] !== undefined) {
    return ["400 Bad Request", "There must be no body"];
  }
}

function refuseAim({ method, path, headers }: UpgradeHead) {
  if (method !== "GET" || path !== PATH) {
    return ["404 Not Found", `Browsers' WebSockets are at ${PATH}`] as const;
  }
  const upgrades = readList(headers.upgrade?.toLowerCase());
  const options = readList(headers.connection?.toLowerCase());
  if (!upgrades.includes("websocket") || !options.includes("upgrade")) {
    return [
      "426 Upgrade Required",
      "This is the address of a WebSocket",
      "Connection: upgrade",
      "Upgrade: websocket",
    ] as const;
  }
  if (!VERSIONS.includes(headers["sec-websocket-version"])) {
    return [
      "426 Upgrade Required",
      "There is no such version of WebSocket",
      "Connection: upgrade",
      "Upgrade: websocket",
      `Sec-WebSocket-Version: ${VERSIONS.join(", ")}`,
    ] as const;
  }
}

/** The members of a header that is a list. */
function readList(text = ""): string[] {
  return text.split(",").map((each) => each.trim());
}
