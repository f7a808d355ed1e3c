import { Admission } from "../../src/router/admission.ts";
import type { Channel } from "../../src/router/call_control.ts";
import { CallDesk } from "../../src/router/call_desk.ts";
import { ShardPool } from "../../src/router/shard_pool.ts";
import { RingPool } from "../../src/ring/ring_pool.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { LINK_SETTINGS, ScriptedControl, ScriptedLeg } from "./call_rig.ts";
import { loadedAssistant } from "./config_sources.ts";
import { FakeTimers, settle } from "./fake_timers.ts";
import { FakeWorkers } from "./fake_workers.ts";
import { ScriptedStore } from "./scripted_store.ts";

/** What a rig may be told. */
export interface DeskRigOptions {
  readonly most?: number;
  readonly shards?: number;
  readonly handover?: boolean;
  readonly budgetCnyPerDay?: number;
}

/** A desk with a real pool of fake workers, scripted channels and scripted legs; time is fake. */
export class DeskRig implements Disposable {
  readonly timers = new FakeTimers();
  readonly workers = new FakeWorkers();
  readonly rings = new RingPool();
  readonly store = new ScriptedStore();
  overloaded = false;
  readonly metrics = createMetrics();
  /** Log lines, in order. */
  readonly logged: Array<Record<string, unknown>> = [];
  readonly admission: Admission;
  readonly pool: ShardPool;
  readonly desk: CallDesk;

  constructor(
    { most = 10, shards = 1, handover = true, ...rest }: DeskRigOptions = {},
  ) {
    const { budgetCnyPerDay } = rest;
    const log = createLog({
      level: "debug",
      showPii: true,
      sink: (line) => this.logged.push(JSON.parse(line)),
    });
    this.admission = new Admission(most);
    this.pool = new ShardPool({
      shards,
      start: this.workers.start,
      settings: LINK_SETTINGS,
      silentMs: 800,
      log,
      logSink: () => {},
      restarted: () => {},
      delayed: () => {},
      supplierTried: () => {},
    });
    for (const worker of this.workers.made) worker.say({ type: "started" });
    const assistant = loadedAssistant();
    this.desk = new CallDesk({
      admission: this.admission,
      pool: this.pool,
      rings: this.rings,
      openLeg: () => openLeg(),
      runFunction: () =>
        Promise.resolve({ result: "unknown", output: "nothing" }),
      assistants: new Map([
        ["default", assistant],
        ["sales", { ...assistant, id: "sales" }],
      ]),
      answerAfterMs: 3000,
      maxCallMs: 600_000,
      store: this.store,
      handover,
      prices: {
        stepfun: {
          audioInPerSecondCny: 0.005,
          audioOutPerSecondCny: 0.003,
          tokensInPerMillionCny: 0,
          tokensOutPerMillionCny: 0,
        },
      },
      budgetCnyPerDay,
      overloaded: () => this.overloaded,
      metrics: this.metrics,
      log,
    });
  }

  /** FreeSWITCH hands a call over. */
  async receive(uuid: string, channel: Partial<Channel> = {}) {
    const control = new ScriptedControl({ uuid, ...channel });
    this.desk.receive(control);
    await settle();
    return control;
  }

  /** A call that has audio. */
  async talk(uuid: string, shard = 0): Promise<ScriptedControl> {
    const control = await this.receive(uuid);
    this.workers.made[shard].say({ type: "opened", callId: uuid });
    await settle();
    return control;
  }

  /** Timers of calls that may still run; the pool's pulse is none of them. */
  get pendingTimers(): number {
    return this.timers.pending - 1;
  }

  /** The value of a sample as a scrape shows it; undefined when there is none. */
  async value(sample: string): Promise<number | undefined> {
    const text = await this.metrics.registry.metrics();
    const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
    return line === undefined ? undefined : Number(line.split(" ").at(-1));
  }

  [Symbol.dispose](): void {
    this.pool.close();
    this.timers[Symbol.dispose]();
  }
}

/** The caller hangs up, and FreeSWITCH closes. */
export async function hangUp(control: ScriptedControl): Promise<void> {
  control.says.hungUp("NORMAL_CLEARING");
  control.says.closed("end of file");
  await settle();
}

function openLeg(): ScriptedLeg {
  const leg = new ScriptedLeg();
  leg.first.resolve();
  return leg;
}
