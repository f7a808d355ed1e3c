import { ProtocolError } from "../errors.ts";
import type { EslFrame } from "./frame_reader.ts";
import { cleanJsonEvent } from "./json_event.ts";
import { repairPercent } from "./percent_repair.ts";

/** What FreeSWITCH sends on an outbound socket after the commands that we send. */
export type FrameType =
  | "command/reply"
  | "api/response"
  | "text/event-json"
  | "text/event-plain"
  | "text/disconnect-notice";

/** A frame that modesl reads as it is meant, in one piece. */
export interface CleanFrame {
  readonly type: FrameType;
  readonly bytes: Uint8Array;
}

/**
 * Checks a frame and makes it harmless for modesl: known type, few headers,
 * names and ids that are plain tokens (modesl builds the names of its internal
 * events from them, so `command::reply` would pass for a reply), escapes that
 * can be decoded, JSON events that are flat. Main thread; changes the frame's
 * bytes. Throws ProtocolError.
 */
export function cleanFrame(frame: EslFrame): CleanFrame {
  const type = readHead(frame.head);
  if (type === "text/event-json") {
    return { type, bytes: jsonEventFrame(frame.body) };
  }
  if (type === "text/event-plain") readPlainEvent(frame.body);
  if (frame.body.length === 0) return { type, bytes: frame.head };
  const bytes = new Uint8Array(frame.head.length + frame.body.length);
  bytes.set(frame.head);
  bytes.set(frame.body, frame.head.length);
  return { type, bytes };
}

const TYPES: ReadonlySet<string> = new Set<FrameType>([
  "command/reply",
  "api/response",
  "text/event-json",
  "text/event-plain",
  "text/disconnect-notice",
]);
/** modesl looks a header up by going through all of them. */
const MAX_HEADERS = 2048;
const TOKEN = /^[0-9A-Za-z_.-]{1,128}$/;
const EVENT_NAME = /^[A-Z][A-Z_]{0,63}$/;
const IDS: ReadonlySet<string> = new Set([
  "Unique-ID",
  "Job-UUID",
  "Core-UUID",
]);
const ascii = new TextDecoder("latin1");
const utf8 = new TextEncoder();

function readHead(head: Uint8Array): FrameType {
  repairPercent(head);
  const headers = readHeaders(head.subarray(0, -2));
  const type = headers.get("Content-Type");
  if (type === undefined || !TYPES.has(type)) {
    throw new ProtocolError(
      `Cannot read a frame: Content-Type must be one of ours, got ${
        JSON.stringify(type?.slice(0, 80))
      }`,
    );
  }
  return type as FrameType;
}

function readPlainEvent(body: Uint8Array): void {
  const end = ascii.decode(body).indexOf("\n\n");
  if (end === -1) {
    throw new ProtocolError("Cannot read an event: its headers have no end");
  }
  const head = body.subarray(0, end);
  repairPercent(head);
  if (!readHeaders(head).has("Event-Name")) {
    throw new ProtocolError("Cannot read an event: it must have an Event-Name");
  }
}

/** The headers that decide what a frame is; throws ProtocolError when one of them is given twice. */
function readHeaders(block: Uint8Array): Map<string, string> {
  const found = new Map<string, string>();
  const lines = ascii.decode(block).split("\n");
  if (lines.length > MAX_HEADERS) {
    throw new ProtocolError(
      `Cannot read a frame: it must have at most ${MAX_HEADERS} headers, got ${lines.length}`,
    );
  }
  for (const line of lines) {
    const colon = line.indexOf(": ");
    const name = colon === -1 ? line : line.slice(0, colon);
    if (!IDS.has(name) && name !== "Event-Name" && name !== "Content-Type") {
      continue;
    }
    const value = colon === -1 ? "" : line.slice(colon + 2);
    if (found.has(name)) {
      throw new ProtocolError(`Cannot read a frame: ${name} is given twice`);
    }
    if (name !== "Content-Type") requireToken(name, value);
    found.set(name, value);
  }
  return found;
}

function jsonEventFrame(body: Uint8Array): Uint8Array {
  const event = cleanJsonEvent(body, MAX_HEADERS);
  requireToken("Event-Name", event.get("Event-Name"));
  for (const name of IDS) {
    const id = event.get(name);
    if (id !== undefined) requireToken(name, id);
  }
  const json = utf8.encode(JSON.stringify(Object.fromEntries(event)));
  const head = utf8.encode(
    `Content-Length: ${json.length}\nContent-Type: text/event-json\n\n`,
  );
  const bytes = new Uint8Array(head.length + json.length);
  bytes.set(head);
  bytes.set(json, head.length);
  return bytes;
}

function requireToken(name: string, value: string | undefined): void {
  const shape = name === "Event-Name" ? EVENT_NAME : TOKEN;
  if (value !== undefined && shape.test(value)) return;
  throw new ProtocolError(
    `Cannot read a frame: ${name} must match ${shape.source}, got ${
      JSON.stringify(value?.slice(0, 80))
    }`,
  );
}
