import { z } from "zod";
import { openBrowserLeg } from "../../media/browser_leg.ts";
import { FrameBudget } from "../../media/frame_budget.ts";
import type { LegClock } from "../../media/leg_clock.ts";
import type { OpenAudioLeg } from "../../router/audio_leg.ts";
import {
  type CallControl,
  type CallControlEvents,
  type Channel,
  type LegFormat,
  type SaidLine,
} from "../../router/call_control.ts";
import {
  type BrowserMessage,
  type GatewayMessage,
  readBrowserMessage,
} from "./browser_message.ts";
// @ts-types="./ws.d.ts"
import type { WebSocket } from "ws";

/** A browser's frames are all of one length, in milliseconds. */
const FRAME_MS = 20;
/** A browser may say ten things a second, and forty at once. */
const TEXTS = { most: 40, frameMs: 100 };
/** And send twice as many frames as there are, pings and pongs included, or what a network has held back for ten seconds. */
const MESSAGES = { most: 1000, frameMs: FRAME_MS / 2 };
/** What a browser has not taken for so long is not worth sending, in milliseconds. */
const MOST_WAITING_MS = 1000;
/** How long one that broke the protocol may take to hear so. */
const REPROACH_MS = 200;
const OPEN = 1;
/** Close code of RFC 6455. */
const NORMAL = 1000;
/** The page was left, or its program closed the connection: nobody waits for us. */
const HANGUP_CODES = [NORMAL, 1001, 1005];

/** Parts of a {@linkcode BrowserControl}. */
export interface BrowserControlOptions {
  /** Open. It is closed by the call. */
  readonly socket: WebSocket;
  readonly channel: Channel;
  readonly rateHz: number;
  /** Tells the leg the time while no frames come. */
  readonly clock: LegClock;
  /** A ticket by which this call can be come back to. */
  readonly returnTicket: () => Promise<string>;
  /** Somebody has hung up: there is nothing to come back to. */
  readonly over: () => void;
}

/**
 * A call of a browser, by one WebSocket: text messages control it, binary ones
 * are its audio; see docs/api.md. Main thread. No command rejects: a browser is
 * told, and when it is gone `closed` says so.
 */
export class BrowserControl implements CallControl {
  readonly channel: Channel;
  readonly openLeg: OpenAudioLeg;
  #options: BrowserControlOptions;
  #events?: CallControlEvents;
  /** What happened before somebody listened. */
  #early: Array<(events: CallControlEvents) => void> = [];
  #takeFrame?: (frame: Uint8Array) => void;
  #texts = new FrameBudget(TEXTS, performance.now());
  #messages = new FrameBudget(MESSAGES, performance.now());
  /** Why the call ends, in the words of a dialplan's variables. */
  #cause = "NORMAL_CLEARING";
  #reason = "";
  #complained = false;
  #answered: boolean;
  #hungUp = false;
  #over = false;

  constructor(options: BrowserControlOptions) {
    const { socket, channel, clock } = this.#options = options;
    this.channel = channel;
    this.#answered = channel.answered;
    this.openLeg = () => {
      // A call that is refused never has a leg.
      this.#say({ type: "ringing", callId: channel.uuid });
      return openBrowserLeg({
        listen: (take) => this.#takeFrame = take,
        send: (frame) => this.#sendFrame(frame),
      }, clock);
    };
    socket.on("message", (data, isBinary) => this.#take(data, isBinary));
    socket.on("ping", () => this.#spend()).on("pong", () => this.#spend());
    // What it is, `close` tells by its code. What still comes takes its time, too.
    socket.on("error", () => {
      const late = setTimeout(() => socket.terminate(), REPROACH_MS);
      socket.on("close", () => clearTimeout(late));
    });
    socket.on("close", (code) => {
      if (HANGUP_CODES.includes(code)) this.#noteHangUp();
      this.#tell((events) => events.closed(`the WebSocket closed: ${code}`));
    });
  }

  listen(events: CallControlEvents): void {
    this.#events = events;
    for (const tell of this.#early.splice(0)) tell(events);
  }

  takeOver(): Promise<void> {
    return Promise.resolve();
  }

  answer(): Promise<LegFormat> {
    const { rateHz } = this.#options;
    return Promise.resolve({ codec: "L16", rateHz, frameMs: FRAME_MS });
  }

  async startUnicast(): Promise<void> {
    const ticket = await this.#options.returnTicket();
    const { rateHz } = this.#options;
    this.#answered = true;
    this.#say({ type: "answered", rateHz, frameMs: FRAME_MS, ticket });
  }

  exists(): Promise<boolean> {
    return Promise.resolve(this.#options.socket.readyState === OPEN);
  }

  setVariable(name: string, value: string): Promise<void> {
    if (name === "vapi_cause") this.#cause = value;
    if (name === "vapi_reason") this.#reason = value;
    return Promise.resolve();
  }

  show(line: SaidLine): void {
    this.#say({ type: "said", ...line });
  }

  hangUp(cause: string): Promise<void> {
    this.#cause = cause;
    this.#options.over();
    this.#end({ mayReturn: false });
    return Promise.resolve();
  }

  leave(): void {
    // A call that never was answered has nothing to come back to.
    this.#end({ mayReturn: this.#reason !== "" && this.#answered });
  }

  #end({ mayReturn }: { readonly mayReturn: boolean }): void {
    if (this.#over) return;
    this.#over = true;
    const [cause, reason] = [this.#cause, this.#reason];
    this.#say({ type: "ended", cause, reason, mayReturn });
    this.#options.socket.close(NORMAL, cause);
  }

  #say(message: GatewayMessage): void {
    const { socket } = this.#options;
    if (socket.readyState === OPEN) socket.send(JSON.stringify(message));
  }

  #sendFrame(frame: Uint8Array): void {
    const { socket, rateHz } = this.#options;
    const mostBytes = rateHz * 2 * MOST_WAITING_MS / 1000;
    if (socket.readyState !== OPEN || socket.bufferedAmount > mostBytes) return;
    // Copied, because the leg uses its buffer again at once.
    socket.send(frame.slice());
  }

  #take(data: Uint8Array, isBinary: boolean): void {
    if (!this.#spend() || this.#over) return;
    if (isBinary) this.#takeFrame?.(data);
    else this.#hear(new TextDecoder().decode(data));
  }

  /** Whoever floods us is cut off: even what is left out takes its time. */
  #spend(): boolean {
    const isBearable = this.#messages.spend(performance.now());
    if (!isBearable) this.#options.socket.terminate();
    return isBearable;
  }

  #hear(text: string): void {
    if (!this.#texts.spend(performance.now())) return this.#complainOnce();
    this.#complained = false;
    try {
      this.#obey(readBrowserMessage(text));
    } catch (error) {
      this.#say({ type: "error", message: explain(error) });
    }
  }

  /** Whoever says too much is not answered as often. */
  #complainOnce(): void {
    if (this.#complained) return;
    this.#complained = true;
    const message = "There were too many messages; some were left out";
    this.#say({ type: "error", message });
  }

  #obey(message: BrowserMessage): void {
    switch (message.type) {
      case "dtmf":
        return this.#tell((events) => events.dtmf(message.digit));
      case "hold":
        return this.#tell((events) => events.held(message.held));
      case "hang_up":
        this.#noteHangUp();
        return this.#end({ mayReturn: false });
    }
  }

  #noteHangUp(): void {
    if (this.#hungUp) return;
    this.#hungUp = true;
    this.#options.over();
    this.#tell((events) => events.hungUp("NORMAL_CLEARING"));
  }

  #tell(event: (events: CallControlEvents) => void): void {
    if (this.#events === undefined) this.#early.push(event);
    else event(this.#events);
  }
}

function explain(error: unknown): string {
  if (!(error instanceof z.ZodError)) return "A text message must be JSON";
  const [{ path, message }] = error.issues;
  return `${path.join(".") || "The message"}: ${message}`;
}
