import type { Channel, ChannelState, Header } from "./channel.ts";

const STATES: Record<ChannelState, readonly [string, string, string]> = {
  execute: ["CS_EXECUTE", "ACTIVE", "4"],
  hanging_up: ["CS_EXECUTE", "ACTIVE", "10"],
  hangup: ["CS_HANGUP", "ACTIVE", "10"],
  reporting: ["CS_REPORTING", "HANGUP", "11"],
};

const CALL_STATES = {
  ringing: "RINGING",
  early: "EARLY",
  answered: "ACTIVE",
  hangup: "ACTIVE",
} as const;

/** The state of a channel as every event of it tells; names and order were recorded. */
export function stateHeaders(channel: Channel): Header[] {
  const [state, callState, stateNumber] = STATES[channel.state];
  const headers: Header[] = [
    ["Channel-State", state],
    [
      "Channel-Call-State",
      channel.state === "execute" ? callStateOf(channel) : callState,
    ],
    ["Channel-State-Number", stateNumber],
    ["Channel-Name", channel.name],
    ["Unique-ID", channel.uuid],
    ["Call-Direction", "inbound"],
    ["Presence-Call-Direction", "inbound"],
    ["Channel-HIT-Dialplan", "true"],
    ["Channel-Call-UUID", channel.uuid],
    ["Answer-State", channel.answerState],
  ];
  if (channel.cause !== "") headers.push(["Hangup-Cause", channel.cause]);
  if (channel.hasMedia) headers.push(...codecHeaders(channel));
  return headers;
}

function callStateOf({ answerState, held }: Channel): string {
  return held ? "HELD" : CALL_STATES[answerState];
}

/** The caller's profile, each name behind `prefix`: `Caller` in events, `Channel` in the connect reply. */
export function profileHeaders(channel: Channel, prefix: string): Header[] {
  const { times, callerName, callerNumber } = channel;
  const profile: Header[] = [
    ["Direction", "inbound"],
    ["Logical-Direction", "inbound"],
    ["Username", callerNumber],
    ["Dialplan", "XML"],
    ["Caller-ID-Name", callerName],
    ["Caller-ID-Number", callerNumber],
    ["Orig-Caller-ID-Name", callerName],
    ["Orig-Caller-ID-Number", callerNumber],
    ["Network-Addr", "127.0.0.1"],
    ["ANI", callerNumber],
    ["Destination-Number", channel.calledNumber],
    ["Unique-ID", channel.uuid],
    ["Source", "mod_sofia"],
    ["Context", "default"],
    ["Channel-Name", channel.name],
    ["Profile-Index", "1"],
    ["Profile-Created-Time", String(times.createdUs)],
    ["Channel-Created-Time", String(times.createdUs)],
    ["Channel-Answered-Time", String(times.answeredUs)],
    ["Channel-Progress-Time", "0"],
    ["Channel-Progress-Media-Time", String(times.progressMediaUs)],
    ["Channel-Hangup-Time", String(times.hangupUs)],
    ["Channel-Transfer-Time", "0"],
    ["Channel-Resurrect-Time", "0"],
    ["Channel-Bridged-Time", "0"],
    ["Channel-Last-Hold", "0"],
    ["Channel-Hold-Accum", "0"],
    ["Screen-Bit", "true"],
    ["Privacy-Hide-Name", "false"],
    ["Privacy-Hide-Number", "false"],
  ];
  return profile
    .filter(([, value]) => value !== "")
    .map(([name, value]) => [`${prefix}-${name}`, value]);
}

/** The variables of a channel, in their order. */
export function variableHeaders(channel: Channel): Header[] {
  const headers: Header[] = [];
  for (const [name, value] of channel.variables) {
    headers.push([`variable_${name}`, value]);
  }
  return headers;
}

function codecHeaders({ codec }: Channel): Header[] {
  return (["Read", "Write"] as const).flatMap((side): Header[] => [
    [`Channel-${side}-Codec-Name`, codec.name],
    [`Channel-${side}-Codec-Rate`, String(codec.rateHz)],
    [`Channel-${side}-Codec-Bit-Rate`, bitRate(codec.name)],
  ]);
}

function bitRate(name: string): string {
  return name === "opus" ? "0" : "64000";
}
