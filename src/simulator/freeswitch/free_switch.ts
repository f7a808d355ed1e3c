import { createLog, type Log } from "../../telemetry/log.ts";
import type { OpenAudioSocket } from "./audio_socket.ts";
import type { CallOptions, SimulatedCall } from "./call_options.ts";
import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { SwitchEvent } from "./events.ts";
import type { EventListener, Machine } from "./machine.ts";
import { type Lateness, Pacer } from "./pacer.ts";
import { openRuntimeSocket } from "./runtime_audio_socket.ts";
import { TelephoneCall } from "./telephone_call.ts";

/** Settings of {@linkcode createFreeSwitch}; all have a default. */
export interface FreeSwitchOptions {
  readonly clock?: Clock;
  /** Where misuse by an application is reported; standard error unless told. */
  readonly log?: Log;
  /** How audio sockets are opened; the runtime's own unless told. */
  readonly openAudio?: OpenAudioSocket;
}

/** An application did what must not be done to FreeSWITCH. */
export interface Violation {
  /** Empty when it concerns no call. */
  readonly uuid: string;
  readonly what: string;
}

/** A simulated FreeSWITCH with any number of callers. */
export interface FreeSwitch {
  readonly coreUuid: string;
  /** Everything that applications did wrong; empty for a good one. */
  readonly violations: readonly Violation[];
  /** Shell commands that applications had run: any is a security hole. */
  readonly shellCommands: readonly string[];
  /** Why the machine aborted; undefined while it lives. */
  readonly crashed: string | undefined;
  /** Calls that have not ended. */
  readonly calls: readonly SimulatedCall[];
  /** How late its own frames were; a run with a late generator must be rejected. */
  lateness(): Lateness;
  /** Starts a call; throws Error after a crash or a close, TypeError for a codec without whole frames. */
  placeCall(options: CallOptions): SimulatedCall;
  /** Ends every call and connection and waits until all is gone; may be called twice. */
  close(): Promise<void>;
}

const FIRST_RTP_PORT = 16_384;

/** Makes a simulated FreeSWITCH. It runs on the thread that calls. */
export function createFreeSwitch(options: FreeSwitchOptions = {}): FreeSwitch {
  return new SimulatedMachine(options);
}

class SimulatedMachine implements FreeSwitch, Machine {
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly log: Log;
  readonly openAudio: OpenAudioSocket;
  readonly coreUuid = crypto.randomUUID();
  readonly violations: Violation[] = [];
  readonly shellCommands: string[] = [];
  readonly #calls = new Map<string, TelephoneCall>();
  readonly #sockets = new Set<EventListener>();
  readonly #running = new Set<Promise<void>>();
  #socketsGone = Promise.withResolvers<void>();
  #sequence = 1000;
  #placed = 0;
  #closed = false;
  #crashed: string | undefined;

  constructor({ clock, log, openAudio }: FreeSwitchOptions) {
    this.openAudio = openAudio ?? openRuntimeSocket;
    this.clock = clock ?? SYSTEM_CLOCK;
    this.pacer = new Pacer(this.clock);
    this.log = log ??
      createLog({ level: "warn", sink: console.error, showPii: false });
  }

  get crashed(): string | undefined {
    return this.#crashed;
  }

  get calls(): readonly SimulatedCall[] {
    return [...this.#calls.values()];
  }

  lateness(): Lateness {
    return this.pacer.lateness();
  }

  placeCall(options: CallOptions): SimulatedCall {
    if (this.#crashed !== undefined || this.#closed) {
      throw new Error(
        `Cannot place call: the machine ${
          this.#closed ? "is closed" : `crashed: ${this.#crashed}`
        }`,
      );
    }
    checkCodec(options);
    const uuid = options.uuid ?? crypto.randomUUID();
    const sessionId = ++this.#placed;
    const rtpPort = FIRST_RTP_PORT + 2 * (sessionId % 8000);
    const line = { sessionId, rtpPort };
    const call = new TelephoneCall(uuid, { options, machine: this, line });
    this.#calls.set(uuid, call);
    call.down.then(() => this.#calls.delete(uuid));
    const running = call.run().catch((cause) => {
      this.log.error("simulated call failed", { uuid, cause });
      call.hangUp("DESTINATION_OUT_OF_ORDER");
    }).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return call;
  }

  async close() {
    this.#closed = true;
    for (const call of this.#calls.values()) call.hangUp("MANAGER_REQUEST");
    for (const socket of this.#sockets) socket.reset();
    while (this.#running.size > 0) await Promise.all(this.#running);
    if (this.#sockets.size > 0) await this.#socketsGone.promise;
    this.pacer.close();
  }

  nextSequence(): number {
    return ++this.#sequence;
  }

  wallMs(): number {
    return this.clock.wallMs();
  }

  callCount(): number {
    return this.#calls.size;
  }

  findCall(uuid: string): TelephoneCall | undefined {
    return this.#calls.get(uuid);
  }

  publish(event: SwitchEvent) {
    for (const socket of this.#sockets) socket.deliver(event);
  }

  addSocket(socket: EventListener) {
    this.#sockets.add(socket);
  }

  removeSocket(socket: EventListener) {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0) return;
    this.#socketsGone.resolve();
    this.#socketsGone = Promise.withResolvers();
  }

  violate(uuid: string, what: string) {
    this.violations.push({ uuid, what });
    this.log.warn("application misused FreeSWITCH", { uuid, what });
  }

  crash(reason: string) {
    if (this.#crashed !== undefined) return;
    this.#crashed = reason;
    this.violations.push({ uuid: "", what: `crash: ${reason}` });
    this.log.error("FreeSWITCH aborted", {
      reason,
      callsLost: this.#calls.size,
    });
    for (const call of this.#calls.values()) call.crash();
    for (const socket of this.#sockets) socket.reset();
  }
}

function checkCodec({ codec }: CallOptions) {
  if (codec === undefined) return;
  const samples = codec.rateHz * codec.frameMs / 1000;
  if (Number.isInteger(samples) && samples > 0) return;
  throw new TypeError(
    `Cannot place call: a frame must have whole samples, got ${samples}`,
  );
}
