// @ts-types="./modesl.d.ts"
import modesl from "modesl";
import { ProtocolError } from "../errors.ts";
import { cleanFrame, type FrameType } from "./clean_frame.ts";
import { type EslMessage, toMessage } from "./esl_message.ts";
import { type EslFrame, FrameReader } from "./frame_reader.ts";
import type { PendingCommand, Timer } from "./pending_command.ts";
import { goneError, timeoutError } from "./socket_errors.ts";
import type { ModeslConnection } from "./modesl.d.ts";
import { ModeslSocket } from "./modesl_socket.ts";

/** Settings of an {@linkcode EventSocket}, and who is told what. */
export interface EventSocketOptions {
  /** How long a command waits for its reply, and half a frame for its other half. */
  readonly commandTimeoutMs: number;
  /** An event of FreeSWITCH. */
  onEvent(event: EslMessage): void;
  /** FreeSWITCH's notice that it lingers or goes. */
  onNotice(notice: EslMessage): void;
  /** The connection is gone; called once. `error` is what broke it, if anything. */
  onClosed(reason: string, error?: unknown): void;
}

/**
 * One connection that FreeSWITCH made to us, and modesl on top of it. Main
 * thread. Sends one command at a time, so that a reply can belong to nothing
 * else. Whatever is not as the protocol says closes this connection only.
 */
export class EventSocket {
  readonly #conn: Deno.Conn;
  readonly #options: EventSocketOptions;
  readonly #reader = new FrameReader();
  readonly #socket: ModeslSocket;
  readonly #modesl: ModeslConnection;
  readonly #connected = Promise.withResolvers<EslMessage>();
  readonly #queue: PendingCommand[] = [];
  /** What the command under way is answered with; the constructor of modesl sends `connect`. */
  #awaited: FrameType | undefined = "command/reply";
  #underWay: PendingCommand | undefined;
  #state: "open" | "leaving" | "closed" = "open";
  #hasChannel = false;
  #end: unknown;
  #leaveReason = "";
  #leaveTimer: Timer | undefined;
  #frameTimer: Timer | undefined;

  constructor(conn: Deno.Conn, options: EventSocketOptions) {
    this.#conn = conn;
    this.#options = options;
    this.#socket = new ModeslSocket((text) => void this.#write(text));
    this.#modesl = new modesl.Connection(this.#socket);
    // modesl would now subscribe to events of every channel of the switch.
    this.#modesl.subscribe = () => this.#onConnected();
    this.#modesl.on("error", (error) => this.fail(error));
    this.#modesl.on("esl::event::**", (event, head) => {
      const type = head?.["Content-Type"];
      const message = toMessage(event);
      if (type === "text/disconnect-notice") options.onNotice(message);
      if (String(type).startsWith("text/event-")) options.onEvent(message);
    });
  }

  /**
   * Reads until the connection ends and resolves with the channel's data.
   * Rejects with what ended the connection before: a TimeoutError DOMException
   * after `timeoutMs`, ProtocolError, or an error of the network. Call once.
   */
  async connect(timeoutMs: number): Promise<EslMessage> {
    const timer = setTimeout(
      () =>
        this.fail(timeoutError(`no whole reply to connect in ${timeoutMs} ms`)),
      timeoutMs,
    );
    void this.#read();
    try {
      return await this.#connected.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws what ended the connection, when something has. */
  requireOpen(): void {
    if (this.#state === "closed") throw this.#end;
  }

  /** Sends a command; rejects as {@linkcode CallControl} says, but does not judge the reply. */
  command(text: string): Promise<EslMessage> {
    return this.#enqueue("command/reply", text);
  }

  /** Runs a command of FreeSWITCH's API; the answer is the message's body. */
  api(text: string): Promise<EslMessage> {
    return this.#enqueue("api/response", text);
  }

  /** Closes when the commands that were given are answered, or their time is over. May be called twice. */
  leave(reason = "we left"): void {
    if (this.#state !== "open") return;
    this.#leaveReason = reason;
    this.#state = "leaving";
    // Closing while replies are on their way would be a reset, and FreeSWITCH could lose our last command.
    this.#leaveTimer = setTimeout(
      () => this.#close(reason),
      this.#options.commandTimeoutMs,
    );
    this.#sendNext();
  }

  /** Ends the connection at once because of an error. */
  fail(error: unknown): void {
    this.#close(error instanceof Error ? error.message : String(error), error);
  }

  #onConnected(): void {
    const channelData = this.#modesl.getInfo();
    if (channelData === null) {
      throw new ProtocolError("Cannot connect: the reply must be channel data");
    }
    this.#hasChannel = true;
    this.#modesl.channelData = null; // It would be kept for the whole call.
    this.#connected.resolve(toMessage(channelData));
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(CHUNK_BYTES);
    try {
      for (;;) {
        const bytes = await this.#conn.read(chunk);
        if (bytes === null) return this.#onEnd();
        this.#reader.push(chunk.subarray(0, bytes));
        this.#readFrames();
        if (this.#state === "closed") return;
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #onEnd(): void {
    if (this.#reader.pendingBytes === 0) {
      return this.#close("FreeSWITCH closed the connection");
    }
    this.fail(
      new ProtocolError("Cannot read a frame: the connection ended within it"),
    );
  }

  #readFrames(): void {
    let frame: EslFrame | undefined;
    while ((frame = this.#reader.next()) !== undefined) {
      clearTimeout(this.#frameTimer);
      this.#frameTimer = undefined;
      this.#receive(frame);
      if (this.#state === "closed") return;
    }
    if (this.#reader.pendingBytes === 0 || this.#frameTimer !== undefined) {
      return;
    }
    this.#frameTimer = setTimeout(
      () => this.fail(new ProtocolError("Cannot read a frame: it stopped")),
      this.#options.commandTimeoutMs,
    );
  }

  #receive(frame: EslFrame): void {
    const { type, bytes } = cleanFrame(frame);
    const isReply = type === "command/reply" || type === "api/response";
    // Before the channel data there is nothing else that could come.
    if ((isReply || !this.#hasChannel) && type !== this.#awaited) {
      const awaited = this.#awaited ?? "none";
      throw new ProtocolError(
        `Cannot take a reply: ${awaited} is awaited, got ${type}`,
      );
    }
    this.#socket.deliver(bytes);
    if (!isReply) return;
    this.#awaited = this.#underWay = undefined;
    this.#sendNext();
  }

  #enqueue(kind: PendingCommand["kind"], text: string): Promise<EslMessage> {
    if (this.#state !== "open") return Promise.reject(goneError());
    const { promise, resolve, reject } = Promise.withResolvers<EslMessage>();
    const command: PendingCommand = {
      kind,
      text,
      resolve,
      reject,
      timer: setTimeout(() => {
        // One that was sent stays under way: its reply must not pass for another's.
        const at = this.#queue.indexOf(command);
        if (at !== -1) this.#queue.splice(at, 1);
        reject(timeoutError("FreeSWITCH did not answer a command"));
      }, this.#options.commandTimeoutMs),
    };
    this.#queue.push(command);
    this.#sendNext();
    return promise;
  }

  #sendNext(): void {
    if (this.#state === "closed" || this.#awaited !== undefined) return;
    const command = this.#queue.shift();
    if (command === undefined) {
      if (this.#state === "leaving") this.#close(this.#leaveReason);
      return;
    }
    this.#underWay = command;
    this.#awaited = command.kind;
    const done = (reply: Parameters<typeof toMessage>[0]) => {
      clearTimeout(command.timer);
      command.resolve(toMessage(reply));
    };
    if (command.kind === "api/response") this.#modesl.api(command.text, done);
    else this.#modesl.sendRecv(command.text, done);
  }

  async #write(text: string): Promise<void> {
    let bytes = utf8.encode(text);
    try {
      while (bytes.length > 0) {
        bytes = bytes.subarray(await this.#conn.write(bytes));
      }
    } catch (error) {
      this.fail(error);
    }
  }

  #close(reason: string, error?: unknown): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#end = error ?? new Error(reason);
    clearTimeout(this.#leaveTimer);
    clearTimeout(this.#frameTimer);
    this.#conn.close();
    this.#connected.promise.catch(() => {});
    this.#connected.reject(this.#end);
    for (const command of [this.#underWay, ...this.#queue.splice(0)]) {
      if (command === undefined) continue;
      clearTimeout(command.timer);
      command.reject(goneError(error));
    }
    this.#socket.deliverEnd();
    this.#options.onClosed(reason, error);
  }
}

const CHUNK_BYTES = 4 * 1024;
const utf8 = new TextEncoder();
