// Long because: what a channel is told and what it says are in one place.
import { ProtocolError, RemoteError } from "../errors.ts";
import type {
  CallControl,
  CallControlEvents,
  Channel,
  LegFormat,
} from "../router/call_control.ts";
import type { Log } from "../telemetry/log.ts";
import { CallMailbox } from "./call_mailbox.ts";
import {
  hangupCommand,
  refusal,
  setVariableCommand,
  transferCommand,
  unicastCommand,
} from "./call_commands.ts";
import { commandText } from "./command.ts";
import { TRANSFER_VARIABLE } from "./channel.ts";
import type { EslHeaders, EslMessage } from "./esl_message.ts";
import {
  readDtmfDigit,
  readHangupCause,
  readSequence,
} from "./event_fields.ts";
import type { EventSocket } from "./event_socket.ts";
import { readLegFormat } from "./leg_format.ts";
import type { Timer } from "./pending_command.ts";
import { readRtpStatistics } from "./rtp_statistics.ts";
import { goneError, timeoutError } from "./socket_errors.ts";

/** What an {@linkcode EslCall} is made of. */
export interface EslCallOptions {
  readonly channel: Channel;
  /** The reply of `connect`. */
  readonly channelData: EslHeaders;
  readonly socket: EventSocket;
  readonly commandTimeoutMs: number;
  /** FreeSWITCH's context to which calls are transferred. */
  readonly transferContext: string;
  readonly log: Log;
}

/**
 * One channel of FreeSWITCH under our control, over its event socket. Main
 * thread. Commands reject as {@linkcode CallControl} says.
 */
export class EslCall implements CallControl {
  readonly channel: Channel;
  readonly #commandTimeoutMs: number;
  readonly #transferContext: string;
  readonly #socket: EventSocket;
  readonly #mailbox: CallMailbox;
  /** Applications that run, by the id that we gave them. */
  readonly #running = new Map<string, PromiseWithResolvers<EslHeaders>>();
  #answer: Promise<LegFormat> | undefined;
  /** The reply of `connect`, until the audio's format has been read from it. */
  #channelData: EslHeaders | undefined;
  #unicast: "no" | "possible" | "started" = "no";
  /** FreeSWITCH's number of the event that answered `connect`. */
  readonly #connectedAt: number;
  #hangupCause: string | undefined;
  #complete = false;
  #goodbyeTimer: Timer | undefined;

  constructor(options: EslCallOptions) {
    this.channel = options.channel;
    const { channel, channelData } = options;
    this.#connectedAt = readSequence(channelData);
    this.#channelData = channel.answered ? channelData : undefined;
    this.#commandTimeoutMs = options.commandTimeoutMs;
    this.#transferContext = options.transferContext;
    this.#socket = options.socket;
    this.#mailbox = new CallMailbox(options.log);
  }

  listen(events: CallControlEvents): void {
    this.#mailbox.listen(events);
  }

  async takeOver(): Promise<void> {
    // Deletes nothing when the dialplan set no guard.
    await this.#socket.api(commandText(`sched_del ${this.channel.uuid}`));
    await this.#command(commandText(`linger ${LINGER_SECONDS}`));
    await this.#command(commandText("myevents json"));
    const holding = commandText("event json CHANNEL_HOLD CHANNEL_UNHOLD");
    // A FreeSWITCH that refuses this serves calls all the same.
    await this.#command(holding).catch(passRefusal);
  }

  answer(): Promise<LegFormat> {
    return this.#answer ??= this.#answerOnce();
  }

  async startUnicast(host: string, port: number): Promise<void> {
    if (this.#unicast !== "possible") {
      // FreeSWITCH aborts, with all its calls, when it starts before there is media, or twice.
      throw new TypeError(
        `Cannot start unicast: it must be once after the answer, got ${
          this.#unicast === "no" ? "one before it" : "a second one"
        }`,
      );
    }
    const text = unicastCommand(this.channel.remoteHost, { host, port });
    this.#requireChannel();
    this.#unicast = "started";
    await this.#noteUnicast("asked");
    await this.#command(text);
  }

  async audioCame(): Promise<void> {
    await this.#noteUnicast("came");
    // Told once: the caller is about to hear it, and whoever goes on with the call later need not.
    if (this.channel.transferFailed !== undefined) {
      await this.setVariable(TRANSFER_VARIABLE, "");
    }
  }

  /**
   * Has FreeSWITCH do what an application asked for that is gone since. It
   * resolves when unicast, if that was it, has begun: leaving then ends it.
   */
  async settle(): Promise<void> {
    await this.takeOver();
    // The channel does one thing after another: this comes after what was asked before.
    await this.#execute("set", `${UNICAST_VARIABLE}=settled`);
  }

  async exists(): Promise<boolean> {
    const text = commandText(`uuid_exists ${this.channel.uuid}`);
    return await this.#api(text) === "true";
  }

  async setVariable(name: string, value: string): Promise<void> {
    await this.#api(setVariableCommand(this.channel.uuid, { name, value }));
  }

  async transfer(to: string): Promise<void> {
    const { uuid } = this.channel;
    this.#requireChannel();
    await this.#api(
      transferCommand(uuid, { to, context: this.#transferContext }),
    );
  }

  async hangUp(cause: string): Promise<void> {
    const text = hangupCommand(cause);
    if (this.#hangupCause === undefined) await this.#command(text);
  }

  leave(): void {
    this.#socket.leave();
  }

  /** Called by whoever owns the socket, for each event. */
  onEvent({ headers }: EslMessage): void {
    if (headers.get("Unique-ID") !== this.channel.uuid) return;
    switch (headers.get("Event-Name")) {
      case "DTMF": {
        const digit = readDtmfDigit(headers);
        if (digit === undefined) return;
        return this.#mailbox.postOneOfMany((to) => to.dtmf(digit));
      }
      case "CHANNEL_HOLD":
        return this.#mailbox.postOneOfMany((to) => to.held(true));
      case "CHANNEL_UNHOLD":
        return this.#mailbox.postOneOfMany((to) => to.held(false));
      case "CHANNEL_EXECUTE_COMPLETE":
        return this.#running.get(headers.get("Application-UUID") ?? "")
          ?.resolve(headers);
      case "CHANNEL_UNPARK":
        return this.#onUnpark(headers);
      case "CHANNEL_HANGUP":
        return this.#onHangup(readHangupCause(headers));
      case "CHANNEL_HANGUP_COMPLETE":
        return this.#onHangupComplete(headers);
    }
  }

  /** Called by whoever owns the socket, for FreeSWITCH's notices. */
  onNotice({ headers }: EslMessage): void {
    if (headers.get("Content-Disposition") !== "linger") {
      return this.#socket.leave("FreeSWITCH said goodbye");
    }
    // It lingers only for a channel that is gone, whether or not we had subscribed when it went.
    this.#onHangup("UNSPECIFIED");
  }

  /** Called by whoever owns the socket, once, when it is closed. */
  onClosed(reason: string, error?: unknown): void {
    clearTimeout(this.#goodbyeTimer);
    const gone = goneError(error);
    for (const running of this.#running.values()) running.reject(gone);
    this.#mailbox.postLast((to) => to.closed(reason));
  }

  async #answerOnce(): Promise<LegFormat> {
    const headers = this.#channelData ?? await this.#execute("answer");
    this.#channelData = undefined;
    if (headers.get("Answer-State") !== "answered") {
      throw new RemoteError("Cannot answer: FreeSWITCH did not");
    }
    const format = readLegFormat(headers) ?? await this.#askLegFormat();
    this.#unicast = "possible";
    return format;
  }

  async #askLegFormat(): Promise<LegFormat> {
    const headers = new Map<string, string>();
    for (const name of ["read_codec", "read_rate", "rtp_use_codec_ptime"]) {
      const value = await this.#api(
        commandText(`uuid_getvar ${this.channel.uuid} ${name}`),
      );
      if (value !== "_undef_") headers.set(`variable_${name}`, value);
    }
    const format = readLegFormat(headers);
    if (format !== undefined) return format;
    throw new ProtocolError("Cannot answer: the channel must have a read rate");
  }

  /** Keeps with the channel, for the next node, how far unicast has come. */
  async #noteUnicast(state: "asked" | "came"): Promise<void> {
    await this.setVariable(UNICAST_VARIABLE, state);
  }

  /** Runs an application and resolves with the headers of its completion. */
  async #execute(application: string, argument?: string): Promise<EslHeaders> {
    this.#requireChannel();
    const id = crypto.randomUUID();
    const running = Promise.withResolvers<EslHeaders>();
    running.promise.catch(() => {});
    this.#running.set(id, running);
    const deadline = setTimeout(() => {
      running.reject(
        timeoutError(`FreeSWITCH did not complete ${application}`),
      );
    }, this.#commandTimeoutMs);
    try {
      await this.#command(commandText("sendmsg", {
        "call-command": "execute",
        "execute-app-name": application,
        ...(argument === undefined ? {} : { "execute-app-arg": argument }),
        "event-uuid": id,
        "event-lock": "true",
      }));
      return await running.promise;
    } finally {
      clearTimeout(deadline);
      this.#running.delete(id);
    }
  }

  async #command(text: string): Promise<void> {
    const { headers } = await this.#socket.command(text);
    const reply = headers.get("Reply-Text") ?? "";
    if (!reply.startsWith("+OK")) throw refusal(text, reply);
  }

  async #api(text: string): Promise<string> {
    const { body } = await this.#socket.api(text);
    const answer = body.trim();
    if (/^-(ERR|USAGE)/.test(answer)) throw refusal(text, answer);
    return answer;
  }

  #requireChannel(): void {
    if (this.#hangupCause === undefined) return;
    throw new RemoteError(
      `Cannot command a channel: it was hung up (${this.#hangupCause})`,
    );
  }

  /** Somebody has transferred or bridged the channel: it is not ours any more, though FreeSWITCH keeps the connection. */
  #onUnpark(headers: EslHeaders): void {
    if (headers.get("Answer-State") === "hangup") return;
    // Events wait in a queue: one of the application before us may come to us.
    if (readSequence(headers) < this.#connectedAt) return;
    this.#socket.leave("the channel was taken elsewhere");
  }

  #onHangup(cause: string): void {
    if (this.#hangupCause !== undefined) return;
    this.#hangupCause = cause;
    const gone = new RemoteError(`The channel was hung up: ${cause}`);
    for (const running of this.#running.values()) running.reject(gone);
    // FreeSWITCH closes when it has lingered; this is for one that does not.
    this.#goodbyeTimer = setTimeout(
      () => this.#socket.leave("FreeSWITCH lingers for too long"),
      LINGER_SECONDS * 1000 + this.#commandTimeoutMs,
    );
    this.#mailbox.post((to) => to.hungUp(cause));
  }

  #onHangupComplete(headers: EslHeaders): void {
    if (this.#complete) return;
    this.#complete = true;
    this.#onHangup(readHangupCause(headers));
    const statistics = readRtpStatistics(headers);
    this.#mailbox.post((to) => to.statistics(statistics));
    // Nothing more can come, and FreeSWITCH keeps a thread for as long as it lingers.
    this.#socket.leave("hung up");
  }
}

/** Long enough for CHANNEL_HANGUP_COMPLETE; bare `linger` would hold the channel until we close. */
const LINGER_SECONDS = 5;

/** The channel variable that says how far unicast has come: `asked`, `came`, `settled`. */
const UNICAST_VARIABLE = "vapi_unicast";

/**
 * Whether unicast was asked for and nobody has seen it begin: FreeSWITCH may
 * still begin it, and a second one beside it ends the audio. From the reply of
 * `connect`. Any thread.
 */
export function isUnicastUnsettled(headers: EslHeaders): boolean {
  return headers.get(`variable_${UNICAST_VARIABLE}`) === "asked";
}

function passRefusal(error: unknown): void {
  if (!(error instanceof RemoteError)) throw error;
}
