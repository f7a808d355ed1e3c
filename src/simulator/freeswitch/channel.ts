import { type ByteText, byteText } from "./byte_text.ts";
import type { CallOptions, Codec } from "./call_options.ts";

/** A header of an event; its value is not encoded yet. */
export type Header = readonly [name: string, value: ByteText];

/** A variable of a channel and its new value. */
export type Variable = readonly [name: string, value: ByteText | number];

/** How far a channel has come towards audio. */
export type AnswerState = "ringing" | "early" | "answered" | "hangup";

/** Where a channel stands on its way down. */
export type ChannelState = "execute" | "hanging_up" | "hangup" | "reporting";

/** Times of a channel in microseconds since 1970; 0 when it did not happen. */
export interface ChannelTimes {
  readonly createdUs: number;
  answeredUs: number;
  progressMediaUs: number;
  hangupUs: number;
}

/** What FreeSWITCH knows about one call, with its variables in their order. One thread. */
export interface Channel {
  readonly uuid: string;
  readonly name: ByteText;
  readonly callerNumber: ByteText;
  readonly callerName: ByteText;
  readonly calledNumber: ByteText;
  /** Changes when the other side asks for another one. */
  codec: Codec;
  readonly variables: Map<string, ByteText>;
  readonly times: ChannelTimes;
  state: ChannelState;
  answerState: AnswerState;
  /** Whether the other side has put it on hold. */
  held: boolean;
  /** Whether it has audio: after answer or pre_answer. */
  hasMedia: boolean;
  cause: string;
}

const PCMA: Codec = { name: "PCMA", rateHz: 8000, frameMs: 20 };

/** Makes the channel of a call that has just arrived, at `createdUs`. */
export function createChannel(
  uuid: string,
  { options, createdUs }: { options: CallOptions; createdUs: number },
): Channel {
  const callerNumber = byteText(options.callerNumber);
  return {
    uuid,
    name: `sofia/internal/${callerNumber}@127.0.0.1:5079`,
    callerNumber,
    callerName: byteText(options.callerName ?? options.callerNumber),
    calledNumber: byteText(options.calledNumber),
    codec: options.codec ?? PCMA,
    variables: new Map(),
    times: { createdUs, answeredUs: 0, progressMediaUs: 0, hangupUs: 0 },
    state: "execute",
    answerState: "ringing",
    held: false,
    hasMedia: false,
    cause: "",
  };
}

/** Sets a variable as FreeSWITCH does: one that was there moves to the end, an empty one goes. */
export function setVariable(
  channel: Channel,
  name: string,
  value: ByteText | number,
) {
  channel.variables.delete(name);
  if (value !== "") channel.variables.set(name, String(value));
}

/** Sets several variables in this order. */
export function setVariables(channel: Channel, variables: readonly Variable[]) {
  for (const [name, value] of variables) setVariable(channel, name, value);
}

/** Replaces each `${name}` by the channel's variable, an unknown one by nothing. */
export function expandVariables(channel: Channel, text: ByteText): ByteText {
  return text.replace(
    /\$\{([^{}]*)\}/g,
    (_, name: string) => channel.variables.get(name) ?? "",
  );
}
