import type { Log } from "../../telemetry/log.ts";
import type { OpenAudioSocket, UnicastTarget } from "./audio_socket.ts";
import type { CallStats, DialplanAction, Faults } from "./call_options.ts";
import type { Channel, Header } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { EventOrigin, SwitchEvent } from "./events.ts";
import type { Pacer } from "./pacer.ts";

/** What the parts of a simulated FreeSWITCH see of the whole. One thread. */
export interface Machine extends EventOrigin {
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly log: Log;
  readonly openAudio: OpenAudioSocket;
  /** Shell commands that an application had run; any is a security hole. */
  readonly shellCommands: string[];
  callCount(): number;
  findCall(uuid: string): LiveCall | undefined;
  /** Offers an event to every event socket of the machine. */
  publish(event: SwitchEvent): void;
  addSocket(socket: EventListener): void;
  removeSocket(socket: EventListener): void;
  /** Records that an application did what must not be done. */
  violate(uuid: string, what: string): void;
  /** Aborts the process, as FreeSWITCH does: every call ends with `crashed`. */
  crash(reason: string): void;
}

/** A number in one of the dialplan's contexts. */
export interface DialplanPlace {
  readonly number: string;
  readonly context: string;
}

/** An event socket as the machine sees it. */
export interface EventListener {
  deliver(event: SwitchEvent): void;
  /** Breaks the connection with a TCP reset. */
  reset(): void;
}

/** The event socket that controls a call. */
export interface ControlSocket extends EventListener {
  readonly lingers: boolean;
  /** Says that it lingers, and closes after the time that was asked for. */
  startLinger(): void;
  /** Says goodbye and closes. */
  disconnect(): void;
}

/** A channel and the thread that runs it. */
export interface LiveCall {
  readonly channel: Channel;
  readonly machine: Machine;
  readonly stats: CallStats;
  readonly fault: Faults;
  readonly isUp: boolean;
  /** Whether it has left the dialplan for good. */
  readonly isElsewhere: boolean;
  /** Resolves when the channel is gone. */
  readonly down: Promise<void>;
  /** Whether something is scheduled for it. */
  readonly hasTasks: boolean;
  /** Resolves when it is to leave what it is in, for another place of the dialplan. */
  readonly moving: Promise<void>;
  readonly actionsRun: string[];
  readonly commandsSeen: string[];
  /** Hands something to the channel's thread, which does one thing after another. */
  queue(task: () => void | Promise<void>): void;
  /** Runs an application on the channel's thread, with its two events. */
  execute(name: string, argument: string, uuid: string): Promise<void>;
  fire(name: string, extra?: readonly Header[]): void;
  answer(): Promise<void>;
  preAnswer(): Promise<void>;
  hangUp(cause: string): void;
  /** Resolves after the time, or sooner when the channel goes down. */
  sleep(ms: number): Promise<void>;
  /** Has something done later, as `sched_hangup` does: beside what is scheduled already. */
  schedule(delayMs: number, task: () => void): void;
  /** Forgets all that is scheduled, as `sched_del` does, and tells how much it was. */
  unschedule(): number;
  /** Transfers the channel, to where it began unless told: it leaves what it is in, and its event socket stays open. */
  transferTo(place?: DialplanPlace): void;
  /** The actions to which it was transferred, once; undefined when it was not. */
  takeMove(): readonly DialplanAction[] | undefined;
  /** A `socket` action with these data got its connection. */
  attach(socket: ControlSocket, data: string): void;
  detach(): void;
  startAudio(target: UnicastTarget): void;
  pauseAudio(paused: boolean): void;
  /** Ends unicast as a playback does: no sign of it, and nothing is heard any more. */
  loseAudio(): void;
}
