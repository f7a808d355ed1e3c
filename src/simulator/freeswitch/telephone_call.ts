// Long because: all that can happen to one channel is in one place.
import { Answering } from "./answering.ts";
import {
  type ApplicationCall,
  ApplicationRunner,
} from "./application_runner.ts";
import { CallAudio } from "./call_audio.ts";
import type { UnicastTarget } from "./audio_socket.ts";
import { byteText } from "./byte_text.ts";
import type {
  CallOptions,
  CallOutcome,
  CallStats,
  Codec,
  DialplanAction,
  Faults,
  SimulatedCall,
} from "./call_options.ts";
import { CallThread } from "./call_thread.ts";
import {
  type Channel,
  createChannel,
  type Header,
  setVariable,
} from "./channel.ts";
import {
  type LineIdentity,
  setCodecVariables,
  setSignallingVariables,
} from "./channel_variables.ts";
import { runDialplan } from "./dialplan.ts";
import { channelEvent } from "./events.ts";
import { tellHangUp } from "./hang_up.ts";
import type {
  ControlSocket,
  DialplanPlace,
  LiveCall,
  Machine,
} from "./machine.ts";
import { createStats } from "./stats.ts";

const DEFAULT_ANSWER_MS = 40;
const PCMU: Codec = { name: "PCMU", rateHz: 8000, frameMs: 20 };
const DIGIT = /^[0-9*#A-D]$/;
/** What a number leads to that no context has. */
const NO_ROUTE: readonly DialplanAction[] = [
  { hangup: "NO_ROUTE_DESTINATION" },
];

/** A call of the simulated machine: its channel, its dialplan, its audio. One thread. */
export class TelephoneCall implements LiveCall, SimulatedCall {
  readonly channel: Channel;
  readonly machine: Machine;
  readonly stats: CallStats = createStats();
  readonly fault: Faults;
  readonly actionsRun: string[] = [];
  readonly commandsSeen: string[] = [];
  readonly answered: Promise<number>;
  readonly ended: Promise<CallOutcome>;
  readonly down: Promise<void>;
  readonly #options: CallOptions;
  readonly #answering: Answering;
  readonly #thread: CallThread;
  readonly #applications = new ApplicationRunner(this);
  readonly #audio: CallAudio;
  readonly #startedMs: number;
  readonly #end = Promise.withResolvers<CallOutcome>();
  readonly #down = Promise.withResolvers<void>();
  #isUp = true;
  #isElsewhere = false;
  #digits = "";
  /** What cancels each task that is scheduled for it. */
  readonly #tasks = new Set<() => void>();
  #move: readonly DialplanAction[] | undefined;
  #moving = Promise.withResolvers<void>();
  #socket: ControlSocket | undefined;
  #socketAction: ApplicationCall | undefined;

  constructor(
    uuid: string,
    { options, machine, line }: {
      options: CallOptions;
      machine: Machine;
      line: LineIdentity;
    },
  ) {
    this.machine = machine;
    this.#options = options;
    this.#thread = new CallThread(machine.clock);
    this.#startedMs = machine.clock.nowMs();
    const answerDelayMs = options.answerDelayMs ?? DEFAULT_ANSWER_MS;
    this.fault = { uplinkSilent: false, paused: false, answerDelayMs };
    this.#audio = new CallAudio(this, {
      caller: options,
      startedMs: this.#startedMs,
    });
    this.#answering = new Answering(this, line);
    this.answered = this.#answering.answered.then((atMs) =>
      atMs - this.#startedMs
    );
    // Not every caller waits for the answer.
    this.answered.catch(() => {});
    this.ended = this.#end.promise;
    this.down = this.#down.promise;
    this.channel = createChannel(uuid, { options, createdUs: this.#nowUs() });
    setSignallingVariables(this.channel, line);
    for (const [name, value] of Object.entries(options.variables ?? {})) {
      setVariable(this.channel, byteText(name), byteText(value));
    }
  }

  get uuid(): string {
    return this.channel.uuid;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get isElsewhere(): boolean {
    return this.#isElsewhere;
  }

  get hasTasks(): boolean {
    return this.#tasks.size > 0;
  }

  get moving(): Promise<void> {
    return this.#moving.promise;
  }

  /** Lives the call; resolves when nothing of it is left but a lingering socket. */
  async run() {
    if (this.#options.answeredFirst === true) this.#answering.complete();
    await runDialplan(this, this.#options.dialplan);
    await this.#audio.closed;
  }

  queue(task: () => void | Promise<void>) {
    this.#thread.queue(task);
  }

  sleep(ms: number): Promise<void> {
    return this.#thread.sleep(ms);
  }

  async execute(name: string, argument: string, uuid: string) {
    if (!this.#isUp) return;
    this.#answering.acknowledge();
    await this.#applications.run({ name, argument, uuid });
  }

  fire(name: string, extra: readonly Header[] = []) {
    const { channel, machine } = this;
    machine.publish(channelEvent(name, { channel, origin: machine, extra }));
  }

  answer(): Promise<void> {
    return this.#answering.answer();
  }

  preAnswer(): Promise<void> {
    return this.#answering.preAnswer();
  }

  schedule(delayMs: number, task: () => void) {
    const cancel = this.machine.clock.after(delayMs, () => {
      this.#tasks.delete(cancel);
      task();
    });
    this.#tasks.add(cancel);
  }

  unschedule(): number {
    const count = this.#tasks.size;
    for (const cancel of this.#tasks) cancel();
    this.#tasks.clear();
    return count;
  }

  transferTo(place?: DialplanPlace) {
    if (!this.#isUp) return;
    this.fire("CHANNEL_UNPARK");
    const { dialplan, elsewhere = {} } = this.#options;
    this.#move = place === undefined
      ? dialplan
      : elsewhere[`${place.number} ${place.context}`] ?? NO_ROUTE;
    this.#moving.resolve();
  }

  takeMove(): readonly DialplanAction[] | undefined {
    const move = this.#move;
    if (move !== undefined) this.#moving = Promise.withResolvers();
    this.#move = undefined;
    return move;
  }

  attach(socket: ControlSocket, data: string) {
    this.#socket = socket;
    const uuid = crypto.randomUUID();
    this.#socketAction = { name: "socket", argument: data, uuid };
  }

  detach() {
    this.#answering.acknowledge();
    this.#socket = undefined;
    this.#socketAction = undefined;
    this.#audio.close();
  }

  startAudio(target: UnicastTarget) {
    if (this.#isUp) this.#audio.start(target);
  }

  pauseAudio(paused: boolean) {
    this.#audio.pause(paused);
  }

  loseAudio() {
    this.#audio.lose();
  }

  pressKey(digit: string) {
    if (!DIGIT.test(digit)) {
      throw new TypeError(
        `Cannot press key: it must be one of 0-9 * # A-D, got "${digit}"`,
      );
    }
    if (!this.#isUp) return;
    this.#answering.acknowledge();
    this.#digits += digit;
    this.fire("DTMF", [
      ["DTMF-Digit", digit],
      ["DTMF-Duration", "1280"],
      ["DTMF-Source", "ENDPOINT"],
    ]);
  }

  hold(isHeld: boolean) {
    if (!this.#isUp) return;
    this.channel.held = isHeld;
    this.fire(isHeld ? "CHANNEL_HOLD" : "CHANNEL_UNHOLD");
  }

  renegotiate(codec: Codec = PCMU) {
    if (!this.#isUp) return;
    this.loseAudio();
    this.channel.codec = codec;
    setCodecVariables(this.channel);
  }

  transfer() {
    if (!this.#isUp) return;
    this.#isElsewhere = true;
    this.fire("CHANNEL_UNPARK");
    this.loseAudio();
  }

  cutConnection() {
    this.#socket?.reset();
  }

  /** Ends the call with the events in the order that was recorded. */
  hangUp(cause = "NORMAL_CLEARING") {
    if (!this.#isUp) return;
    this.#isUp = false;
    const answered = this.channel.answerState === "answered";
    this.#answering.acknowledge();
    tellHangUp(this, {
      cause,
      digits: this.#digits,
      quality: this.#options.line,
      socket: this.#socket,
      socketAction: this.#socketAction,
      interrupt: () => this.#applications.interrupt(),
    });
    this.#finish(cause, answered);
  }

  /** The machine is gone: no event, no goodbye. */
  crash() {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.cutConnection();
    this.#finish("crashed", this.channel.answerState === "answered");
  }

  #finish(cause: string, answered: boolean) {
    const nowMs = this.machine.clock.nowMs();
    this.unschedule();
    this.#audio.close();
    this.#thread.stop();
    this.#down.resolve();
    this.#answering.giveUp(cause);
    this.#end.resolve({
      cause,
      answered,
      billMs: nowMs - (this.#answering.answeredMs ?? nowMs),
      durationMs: nowMs - this.#startedMs,
      actionsRun: this.actionsRun,
      commandsSeen: this.commandsSeen,
    });
  }

  #nowUs(): number {
    return Math.floor(this.machine.wallMs() * 1000);
  }
}
