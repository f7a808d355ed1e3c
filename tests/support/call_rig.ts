import type { RunFunction } from "../../src/router/call_functions.ts";
import type {
  AudioLeg,
  AudioLegCounts,
  AudioLegRejoin,
  AudioLegStart,
} from "../../src/router/audio_leg.ts";
import {
  Call,
  type CallReport,
  type ShardSource,
} from "../../src/router/call.ts";
import type {
  CallControl,
  CallControlEvents,
  Channel,
  LegFormat,
} from "../../src/router/call_control.ts";
import { type LinkSettings, ShardLink } from "../../src/router/shard_link.ts";
import { RingPool } from "../../src/ring/ring_pool.ts";
import type { Resumption } from "../../src/shard/protocol.ts";
import { SILENT_LOG } from "../../src/telemetry/log.ts";
import { loadedAssistant } from "./config_sources.ts";
import { FakeTimers, settle } from "./fake_timers.ts";
import { FakeWorker } from "./fake_worker.ts";

export const CHANNEL: Channel = {
  uuid: "call",
  line: "telephone",
  callerNumber: "1",
  callerName: "n",
  calledNumber: "2",
  assistantId: "",
  answered: false,
  held: false,
  localHost: "127.0.0.1",
  remoteHost: "127.0.0.2",
};
const COUNTS: AudioLegCounts = {
  uplinkFrames: 7,
  concealed: 0,
  downlinkFrames: 5,
  uplinkRefused: 0,
  downlinkMissed: 0,
  downlinkDiscarded: 0,
  wrongSize: 0,
  foreign: 0,
  flood: 0,
};

/** Settings of a shard whose model nobody asks. */
export const LINK_SETTINGS: LinkSettings = {
  model: {
    suppliers: { stepfun: { url: "ws://127.0.0.1:1", apiKey: "none" } },
    openTimeoutMs: 1000,
    attempts: 2,
    giveUpMs: 30_000,
    historyTokens: 4000,
  },
  uplinkBatchMs: 40,
  fillerAfterMs: 1000,
  callerSilenceMs: 30_000,
  resampler: "polyphase",
  logLevel: "info",
  showPii: false,
};

/** A channel that does at once what it is told, unless a test has it do otherwise. */
export class ScriptedControl implements CallControl {
  readonly channel: Channel;
  /** Commands in their order. */
  readonly told: string[] = [];
  /** What FreeSWITCH says when it is asked for the channel. */
  there = true;
  format: LegFormat = { codec: "PCMA", rateHz: 8000, frameMs: 20 };
  /** How often it was told that audio came. */
  audioComings = 0;
  /** What becomes of a command; by its name. */
  readonly outcomes: Record<string, () => Promise<void>> = {};
  #events?: CallControlEvents;

  constructor(channel: Partial<Channel> = {}) {
    this.channel = { ...CHANNEL, ...channel };
  }

  get says(): CallControlEvents {
    return this.#events!;
  }

  listen(events: CallControlEvents): void {
    this.#events = events;
  }

  takeOver(): Promise<void> {
    return this.#do("takeOver");
  }

  async answer(): Promise<LegFormat> {
    await this.#do("answer");
    return this.format;
  }

  startUnicast(host: string, port: number): Promise<void> {
    return this.#do("startUnicast", `${host}:${port}`);
  }

  async audioCame(): Promise<void> {
    this.audioComings++;
    await this.outcomes.audioCame?.();
  }

  async exists(): Promise<boolean> {
    await this.#do("exists");
    return this.there;
  }

  setVariable(name: string, value: string): Promise<void> {
    return this.#do("setVariable", `${name}=${value}`);
  }

  transfer?: CallControl["transfer"] = (to) => this.#do("transfer", to);

  hangUp(cause: string): Promise<void> {
    return this.#do("hangUp", cause);
  }

  leave(): void {
    this.told.push("leave");
  }

  async #do(command: string, value?: string): Promise<void> {
    this.told.push(value === undefined ? command : `${command} ${value}`);
    await this.outcomes[command]?.();
  }
}

/** A leg whose first frame comes when a test says so. */
export class ScriptedLeg implements AudioLeg {
  readonly port = 40_000;
  readonly counts = COUNTS;
  readonly first = Promise.withResolvers<void>();
  started?: AudioLegStart;
  /** What the leg was given after its start, the oldest first. */
  readonly rejoined: AudioLegRejoin[] = [];
  closings = 0;
  /** Set by a test to have the leg hold on to its rings for a while. */
  letGo?: PromiseWithResolvers<boolean>;

  start(options: AudioLegStart): Promise<void> {
    if (this.closings > 0) throw new TypeError("Cannot start a closed leg");
    this.started = options;
    return this.first.promise;
  }

  rejoin(options: AudioLegRejoin): void {
    this.rejoined.push(options);
  }

  close(): Promise<boolean> {
    this.closings++;
    this.first.reject(new DOMException("closed", "AbortError"));
    return this.letGo?.promise ?? Promise.resolve(true);
  }
}

/** The main thread's end of a fake shard. */
export function linkTo(worker: FakeWorker, shard = 0): ShardLink {
  return new ShardLink({
    shard,
    start: worker.start,
    settings: LINK_SETTINGS,
    silentMs: 800,
    log: () => {},
    supplier: () => {},
    delayed: () => {},
    died: () => {},
  });
}

/** A call between a scripted channel, a scripted leg and a fake shard; time is fake. */
export class CallRig implements Disposable {
  readonly timers = new FakeTimers();
  readonly control: ScriptedControl;
  readonly leg = new ScriptedLeg();
  readonly worker = new FakeWorker();
  readonly rings = new RingPool();
  /** The shard that takes sessions; undefined while none does. */
  link?: ShardLink;
  readonly call: Call;
  readonly statistics: unknown[] = [];
  /** What the call told, but for statistics. */
  readonly told: unknown[] = [];
  resumption?: Resumption;
  report?: CallReport;
  /** What the functions of the model do; nothing comes of one unless told. */
  runFunction: RunFunction = () => new Promise(() => {});

  constructor(
    openLeg: (leg: ScriptedLeg) => AudioLeg = (leg) => leg,
    {
      resumed = false,
      answered = false,
      held = false,
      line = "telephone",
      transferable = true,
    }: {
      readonly transferable?: boolean;
      readonly resumed?: boolean;
      readonly answered?: boolean;
      readonly held?: boolean;
      readonly line?: Channel["line"];
    } = {},
  ) {
    this.control = new ScriptedControl({ answered, held, line });
    if (!transferable) this.control.transfer = undefined;
    this.leg.first.promise.catch(() => {});
    this.link = linkTo(this.worker);
    const shards: ShardSource = {
      of: () => this.link,
      waitFor: () => Promise.resolve(this.link),
    };
    this.call = new Call({
      control: this.control,
      assistant: loadedAssistant(),
      shards,
      resumed,
      rings: this.rings,
      openLeg: () => openLeg(this.leg),
      runFunction: (request, signal) => this.runFunction(request, signal),
      answerAfterMs: 3000,
      maxCallMs: 600_000,
      log: SILENT_LOG,
      events: {
        fact: (fact) => this.told.push(fact),
        statistics: (rtp) => this.statistics.push(rtp),
        answered: () => this.told.push("answered"),
        keyPressed: () => this.told.push("key"),
        functionCalled: () => this.told.push("function"),
        functionRan: ({ name, result }) => this.told.push(`${name} ${result}`),
        placed: (shard) => this.told.push(`shard ${shard}`),
        resumption: () => this.resumption,
        reopened: () => this.told.push("reopened"),
        parting: (report) => {
          this.told.push(`parting by ${report.end.by}`);
          return Promise.resolve();
        },
      },
    });
  }

  /** Runs the call; its report is there once it has ended. */
  async run(): Promise<void> {
    this.call.run().then((report) => this.report = report);
    await settle();
  }

  /** Runs the call until it has audio. */
  async talk(): Promise<void> {
    await this.run();
    this.worker.say({ type: "opened", callId: "call" });
    await settle();
    this.leg.first.resolve();
    await settle();
  }

  /** The shard dies, and `worker` is the one that takes sessions from now on. */
  replaceShard(worker: FakeWorker): void {
    this.link = linkTo(worker);
    this.worker.crash("gone");
  }

  [Symbol.dispose](): void {
    this.timers[Symbol.dispose]();
  }
}
