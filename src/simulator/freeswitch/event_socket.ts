import { Buffer } from "node:buffer";
import type { Socket } from "node:net";
import { type Command, CommandReader } from "./command_reader.ts";
import { eventText, type SwitchEvent } from "./events.ts";
import type { ControlSocket, LiveCall } from "./machine.ts";
import {
  answerCommand,
  type CommandContext,
  describeCommand,
} from "./socket_commands.ts";
import { Subscription } from "./subscription.ts";

/** How a connection to an application ended. */
export type SocketEnd = "before_connect" | "left";

const CONNECT_WITHIN_MS = 25_000;
const MOST_UNREAD_BYTES = 4_194_304;
const GOODBYE =
  "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n";

/**
 * FreeSWITCH's end of an outbound event socket, from the accepted connection
 * to its close: silent until `connect`, then one answer after another. One thread.
 */
export class EventSocket implements ControlSocket {
  /** Resolves when the connection is gone. */
  readonly finished: Promise<SocketEnd>;
  readonly #socket: Socket;
  readonly #call: LiveCall;
  readonly #context: CommandContext;
  readonly #subscription: Subscription;
  readonly #reader = new CommandReader();
  readonly #deferred: (() => void)[] = [];
  #cancelTimer: () => void;
  #connected = false;
  #saidGoodbye = false;
  #lingerMs: number | undefined;
  #lingers = false;

  constructor(socket: Socket, call: LiveCall) {
    this.#socket = socket;
    this.#call = call;
    this.#subscription = new Subscription(call.channel.uuid);
    this.#context = this.#createContext();
    this.#cancelTimer = call.machine.clock.after(
      CONNECT_WITHIN_MS,
      () => this.#close(),
    );
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#read(chunk));
    // The close that follows says all that matters.
    socket.on("error", () => {});
    this.finished = new Promise((resolve) => {
      socket.once("close", () => {
        this.#cancelTimer();
        call.machine.removeSocket(this);
        resolve(this.#connected ? "left" : "before_connect");
      });
    });
    call.machine.addSocket(this);
  }

  get lingers(): boolean {
    return this.#lingers;
  }

  deliver(event: SwitchEvent) {
    if (this.#saidGoodbye || !this.#connected) return;
    if (!this.#subscription.wants(event)) return;
    this.#write(eventText(event, this.#subscription.format));
  }

  startLinger() {
    const { channel, machine } = this.#call;
    const seconds = this.#lingerMs === undefined ? -1 : this.#lingerMs / 1000;
    this.#write(
      this.#notice("linger") + `Channel-Name: ${channel.name}\n` +
        `Linger-Time: ${seconds}\nContent-Length: 0\n\n`,
    );
    if (this.#lingerMs === undefined) return;
    this.#cancelTimer = machine.clock.after(
      this.#lingerMs,
      () => this.disconnect(),
    );
  }

  disconnect() {
    if (this.#saidGoodbye) return;
    this.#write(
      this.#notice("disconnect") +
        `Content-Length: ${GOODBYE.length}\n\n${GOODBYE}`,
    );
    this.#close();
  }

  reset() {
    this.#saidGoodbye = true;
    this.#socket.resetAndDestroy();
  }

  #read(chunk: Buffer | string) {
    try {
      const text = typeof chunk === "string" ? chunk : chunk.toString("latin1");
      for (const command of this.#reader.push(text)) this.#answer(command);
    } catch (error) {
      this.#call.machine.violate(this.#call.channel.uuid, String(error));
      this.reset();
    }
  }

  #answer(command: Command) {
    if (this.#saidGoodbye) return;
    this.#call.commandsSeen.push(describeCommand(command));
    if (!this.#connected && !this.#begin(command)) return;
    this.#write(answerCommand(this.#context, command));
    for (const run of this.#deferred.splice(0)) run();
  }

  #begin({ line }: Command): boolean {
    if (line !== "connect") {
      this.#call.machine.violate(
        this.#call.channel.uuid,
        "the first command was not connect",
      );
      this.#close();
      return false;
    }
    this.#cancelTimer();
    this.#connected = true;
    return true;
  }

  #write(text: string) {
    if (this.#socket.destroyed || this.#saidGoodbye) return;
    this.#socket.write(Buffer.from(text, "latin1"));
    if (this.#socket.writableLength <= MOST_UNREAD_BYTES) return;
    this.#call.machine.violate(this.#call.channel.uuid, "it does not read");
    this.reset();
  }

  #close() {
    this.#saidGoodbye = true;
    this.#cancelTimer();
    this.#socket.end(() => this.#socket.destroy());
    // An application that does not read must not hold the connection.
    this.#cancelTimer = this.#call.machine.clock.after(
      1000,
      () => this.#socket.destroy(),
    );
  }

  #notice(disposition: string): string {
    return "Content-Type: text/disconnect-notice\n" +
      `Controlled-Session-UUID: ${this.#call.channel.uuid}\n` +
      `Content-Disposition: ${disposition}\n`;
  }

  #createContext(): CommandContext {
    return {
      call: this.#call,
      subscription: this.#subscription,
      linger: (seconds) => {
        this.#lingers = true;
        this.#lingerMs = seconds === undefined ? undefined : seconds * 1000;
      },
      noLinger: () => {
        this.#lingers = false;
      },
      exit: () => this.#deferred.push(() => this.disconnect()),
      afterReply: (run) => this.#deferred.push(run),
    };
  }
}
