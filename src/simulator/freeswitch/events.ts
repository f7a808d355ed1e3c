import { percentEncode } from "./byte_text.ts";
import type { Channel, Header } from "./channel.ts";
import {
  profileHeaders,
  stateHeaders,
  variableHeaders,
} from "./channel_headers.ts";

/** How an application wants its events. */
export type EventFormat = "plain" | "json" | "xml";

/** An event, ready to be written to any number of sockets. */
export interface SwitchEvent {
  readonly name: string;
  /** Whose event it is. */
  readonly uuid: string;
  readonly headers: readonly Header[];
  readonly body?: string;
}

/** What an event tells about the machine that fires it. */
export interface EventOrigin {
  readonly coreUuid: string;
  nextSequence(): number;
  wallMs(): number;
}

/** The source line that FreeSWITCH 1.11.3-dev fires each event from, as recorded. */
const SOURCES: Record<string, readonly [string, string, number]> = {
  CHANNEL_DATA: ["mod_event_socket.c", "parse_command", 2029],
  CHANNEL_EXECUTE: ["switch_core_session.c", "switch_core_session_exec", 2949],
  CHANNEL_EXECUTE_COMPLETE: [
    "switch_core_session.c",
    "switch_core_session_exec",
    2972,
  ],
  CHANNEL_HANGUP: ["switch_channel.c", "switch_channel_perform_hangup", 3447],
  CHANNEL_UNPARK: ["switch_ivr.c", "switch_ivr_park", 1213],
  CHANNEL_STATE: [
    "switch_channel.c",
    "switch_channel_perform_set_running_state",
    2409,
  ],
  CHANNEL_HANGUP_COMPLETE: [
    "switch_core_state_machine.c",
    "switch_core_session_reporting_state",
    943,
  ],
  DTMF: ["switch_channel.c", "switch_channel_dequeue_dtmf", 678],
  BACKGROUND_JOB: ["mod_event_socket.c", "api_exec", 1580],
};
const UNRECORDED_SOURCE = ["switch_channel.c", "switch_channel_event", 1];

/** Makes an event about a channel as it is now. */
export function channelEvent(
  name: string,
  { channel, origin, extra = [] }: {
    channel: Channel;
    origin: EventOrigin;
    extra?: readonly Header[];
  },
): SwitchEvent {
  const bare = name === "DTMF" || name === "CHANNEL_STATE";
  const headers: Header[] = baseHeaders(name, origin);
  if (name === "CHANNEL_HANGUP_COMPLETE") {
    headers.push(["Hangup-Cause", channel.cause]);
  }
  headers.push(...stateHeaders(channel), ...profileHeaders(channel, "Caller"));
  if (!bare) headers.push(...variableHeaders(channel));
  headers.push(...extra);
  return { name, uuid: channel.uuid, headers };
}

/** Makes the event that carries the answer of a `bgapi`. */
export function backgroundJobEvent(
  owner: string,
  { origin, jobUuid, command, argument, body }: {
    origin: EventOrigin;
    jobUuid: string;
    command: string;
    argument: string;
    body: string;
  },
): SwitchEvent {
  const headers: Header[] = [
    ...baseHeaders("BACKGROUND_JOB", origin),
    ["Job-UUID", jobUuid],
    ["Job-Owner-UUID", owner],
    ["Job-Command", command],
  ];
  if (argument !== "") headers.push(["Job-Command-Arg", argument]);
  return { name: "BACKGROUND_JOB", uuid: owner, headers, body };
}

/** The reply to `connect`: percent-encoded headers and no Content-Length. */
export function connectReply(channel: Channel, origin: EventOrigin): string {
  return plainHeaders([
    ...baseHeaders("CHANNEL_DATA", origin),
    ...profileHeaders(channel, "Channel"),
    ...stateHeaders(channel),
    ...profileHeaders(channel, "Caller"),
    ...variableHeaders(channel),
    ["Content-Type", "command/reply"],
    ["Reply-Text", "+OK\n"],
    ["Socket-Mode", "async"],
    ["Control", "full"],
  ]) + "\n";
}

/** Everything of a channel as `api uuid_dump` prints it. */
export function dumpText(channel: Channel, origin: EventOrigin): string {
  return plainHeaders([
    ...baseHeaders("CHANNEL_DATA", origin),
    ...stateHeaders(channel),
    ...profileHeaders(channel, "Caller"),
    ...variableHeaders(channel),
  ]) + "\n";
}

/** An event as it crosses the socket, each character one byte. */
export function eventText(event: SwitchEvent, format: EventFormat): string {
  const text = SERIALIZERS[format](event);
  return `Content-Length: ${text.length}\nContent-Type: text/event-${format}\n\n${text}`;
}

const SERIALIZERS: Record<EventFormat, (event: SwitchEvent) => string> = {
  plain: plainText,
  json: jsonText,
  xml: xmlText,
};

function plainText({ headers, body }: SwitchEvent): string {
  const head = plainHeaders(headers);
  if (body === undefined) return `${head}\n`;
  return `${head}Content-Length: ${body.length}\n\n${body}`;
}

function jsonText({ headers, body }: SwitchEvent): string {
  const values: Record<string, string> = Object.fromEntries(headers);
  if (body !== undefined) {
    values["Content-Length"] = String(body.length);
    values._body = body;
  }
  return JSON.stringify(values);
}

function xmlText({ headers, body }: SwitchEvent): string {
  const lines = headers.map(([name, value]) =>
    `    <${name}>${percentEncode(value)}</${name}>\n`
  );
  const content = body === undefined ? "" : `  <body>${xmlSafe(body)}</body>\n`;
  return `<event>\n  <headers>\n${
    lines.join("")
  }  </headers>\n${content}</event>\n`;
}

function xmlSafe(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function plainHeaders(headers: readonly Header[]): string {
  let text = "";
  for (const [name, value] of headers) {
    text += `${name}: ${percentEncode(value)}\n`;
  }
  return text;
}

function baseHeaders(name: string, origin: EventOrigin): Header[] {
  const wallMs = origin.wallMs();
  const now = new Date(wallMs);
  const [file, method, line] = SOURCES[name] ?? UNRECORDED_SOURCE;
  return [
    ["Event-Name", name],
    ["Core-UUID", origin.coreUuid],
    ["FreeSWITCH-Hostname", "vm"],
    ["FreeSWITCH-Switchname", "fs-loopback"],
    ["FreeSWITCH-IPv4", "192.0.2.2"],
    ["FreeSWITCH-IPv6", "fd00::2"],
    ["Event-Date-Local", now.toISOString().slice(0, 19).replace("T", " ")],
    ["Event-Date-GMT", now.toUTCString()],
    ["Event-Date-Timestamp", String(Math.floor(wallMs * 1000))],
    ["Event-Calling-File", String(file)],
    ["Event-Calling-Function", String(method)],
    ["Event-Calling-Line-Number", String(line)],
    ["Event-Sequence", String(origin.nextSequence())],
  ];
}
