import {
  type EslListener,
  type EslListenerOptions,
  type EslRejection,
  listenEsl,
} from "../../src/esl/esl_listener.ts";
import type {
  CallControl,
  CallControlEvents,
} from "../../src/router/call_control.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { apiResponse, channelData, commandReply, EslPeer } from "./esl_peer.ts";

/** Deadlines of a rig; short where a test waits for them. */
export interface RigOptions {
  readonly connectTimeoutMs?: number;
  readonly commandTimeoutMs?: number;
  readonly allow?: readonly string[];
  readonly room?: EslListenerOptions["room"];
  readonly log?: EslListenerOptions["log"];
}

/** A listener and what it reported. */
export interface EslRig {
  readonly listener: EslListener;
  /** The next call that was handed over. */
  nextCall(): Promise<CallControl>;
  /** The next connection that became none. */
  nextRejection(): Promise<[EslRejection, unknown]>;
}

/** Runs `body` with a listener on a free port, which is closed afterwards. */
export async function withListener(
  options: RigOptions,
  body: (rig: EslRig) => Promise<void>,
): Promise<void> {
  const calls = channel<CallControl>();
  const rejections = channel<[EslRejection, unknown]>();
  const listener = listenEsl({
    hostname: "127.0.0.1",
    port: 0,
    allow: ["127.0.0.0/8"],
    transferContext: "vapi-agents",
    log: SILENT_LOG,
    onCall: calls.put,
    onRejected: (reason, error) => rejections.put([reason, error]),
    ...options,
  });
  try {
    await body({
      listener,
      nextCall: calls.take,
      nextRejection: rejections.take,
    });
  } finally {
    listener.close();
  }
}

/** A call with its peer; the connect command is answered. */
export interface CallRig extends EslRig {
  readonly peer: EslPeer;
  readonly call: CallControl;
  readonly heard: HeardEvents;
}

/** Runs `body` with one call of a channel with these headers, and ends it. */
export async function withCall(
  options: RigOptions & { headers?: Readonly<Record<string, string>> },
  body: (rig: CallRig) => Promise<void>,
): Promise<void> {
  const { headers, ...rest } = options;
  await withListener(rest, async (rig) => {
    using peer = await EslPeer.connect(rig.listener.port);
    await peer.expect("connect", channelData(headers));
    const call = await rig.nextCall();
    const heard = hear(call);
    try {
      await body({ ...rig, peer, call, heard });
    } finally {
      peer.close();
      await heard.closed;
    }
  });
}

/** Answers the commands of `takeOver`. */
export async function acceptTakeOver(peer: EslPeer): Promise<void> {
  await peer.expect("api sched_del ", apiResponse("+OK Deleted: 1\n"));
  await peer.expect("linger 5", commandReply("+OK will linger 5 seconds"));
  await peer.expect("myevents json", commandReply("+OK Events Enabled"));
  const enabled = "+OK event listener enabled json";
  await peer.expect("event json CHANNEL_HOLD", commandReply(enabled));
}

/** What a call told, in order. */
export interface HeardEvents {
  readonly lines: string[];
  /** Resolves with its reason. */
  readonly closed: Promise<string>;
  /** Resolves when that many lines were heard. */
  count(lines: number): Promise<void>;
}

/** Listens to a call and writes down what it tells. */
export function hear(call: CallControl): HeardEvents {
  const lines: string[] = [];
  const closed = Promise.withResolvers<string>();
  const waiting = new Set<{ lines: number; resolve(): void }>();
  const add = (line: string) => {
    lines.push(line);
    for (const one of waiting) if (lines.length >= one.lines) one.resolve();
  };
  const events: CallControlEvents = {
    dtmf: (digit) => add(`dtmf ${digit}`),
    held: (isHeld) => add(isHeld ? "held" : "off hold"),
    hungUp: (cause) => add(`hungUp ${cause}`),
    statistics: (rtp) => add(`statistics ${JSON.stringify(rtp)}`),
    closed: (reason) => {
      add(`closed ${reason}`);
      closed.resolve(reason);
    },
  };
  call.listen(events);
  return {
    lines,
    closed: closed.promise,
    count(wanted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      if (lines.length >= wanted) resolve();
      else waiting.add({ lines: wanted, resolve });
      return promise;
    },
  };
}

/** Values that wait for takers, and takers that wait for values. */
function channel<T>() {
  const values: T[] = [];
  const takers: ((value: T) => void)[] = [];
  return {
    put(value: T): void {
      const taker = takers.shift();
      if (taker === undefined) values.push(value);
      else taker(value);
    },
    take(): Promise<T> {
      if (values.length > 0) return Promise.resolve(values.shift() as T);
      return new Promise((resolve) => takers.push(resolve));
    },
  };
}
