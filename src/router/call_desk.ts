import type { RingPool } from "../ring/ring_pool.ts";
import type { Assistant } from "../shard/protocol.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Admission, Refusal } from "./admission.ts";
import type { OpenAudioLeg } from "./audio_leg.ts";
import { Call, type CallReport } from "./call.ts";
import type { CallControl } from "./call_control.ts";
import { CallMeter } from "./call_meter.ts";
import type { ShardLink } from "./shard_link.ts";
import type { ShardPool } from "./shard_pool.ts";

/** Parts of a {@linkcode CallDesk}. */
export interface CallDeskOptions {
  readonly admission: Admission;
  readonly pool: ShardPool;
  readonly rings: RingPool;
  readonly openLeg: OpenAudioLeg;
  /** By id; has `default`. */
  readonly assistants: ReadonlyMap<string, Assistant>;
  readonly mediaHost?: string;
  readonly answerAfterMs: number;
  readonly maxCallMs: number;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** Hang-up causes that a refused call leaves for the dialplan. */
const REFUSAL_CAUSES: Record<Refusal, string> = {
  capacity: "NORMAL_CIRCUIT_CONGESTION",
  draining: "NORMAL_TEMPORARY_FAILURE",
  unready: "NORMAL_TEMPORARY_FAILURE",
  duplicate: "NORMAL_TEMPORARY_FAILURE",
};

/** Receives every call that FreeSWITCH hands over: refuses it, or sees to it that it is carried. Main thread. */
export class CallDesk {
  #options: CallDeskOptions;
  #meter: CallMeter;
  #calls = new Map<string, Call>();
  #work = new Set<Promise<void>>();

  constructor(options: CallDeskOptions) {
    this.#options = options;
    this.#meter = new CallMeter(options.metrics);
  }

  /** Calls that are being carried. */
  get size(): number {
    return this.#calls.size;
  }

  /** Takes a call or refuses it. */
  receive(control: CallControl): void {
    const { admission, pool, metrics } = this.#options;
    const { uuid } = control.channel;
    metrics.calls.inc();
    const refusal = admission.admit(uuid);
    if (refusal !== undefined) {
      this.#keep(this.#refuse(control, refusal));
      return;
    }
    const link = pool.of(uuid);
    if (link !== undefined) {
      this.#keep(this.#carry(control, link));
      return;
    }
    admission.release(uuid);
    this.#keep(this.#refuse(control, "unready"));
  }

  /** Brings the gauges and the counts of frames up to date, for a scrape. */
  measure(): void {
    const { admission, pool, metrics } = this.#options;
    metrics.activeCalls.set(admission.taken);
    for (const link of pool.links) {
      metrics.shardCalls.set({ shard: String(link.shard) }, link.size);
    }
    this.#meter.publishCounts([...this.#calls.values()]);
  }

  /** Lets nobody in, waits until the last call has ended or `deadline` fires, and leaves the rest to the dialplan. */
  async drain(deadline: AbortSignal): Promise<void> {
    this.#options.admission.drain();
    const late = () => {
      for (const call of this.#calls.values()) call.end({ by: "drain" });
    };
    if (deadline.aborted) late();
    else deadline.addEventListener("abort", late, { once: true });
    while (this.#work.size > 0) await Promise.all([...this.#work]);
    deadline.removeEventListener("abort", late);
  }

  async #carry(control: CallControl, link: ShardLink): Promise<void> {
    const { admission, metrics } = this.#options;
    const { channel } = control;
    const log = this.#options.log.with({ callId: channel.uuid });
    const assistant = this.#assistantFor(channel.assistantId, log);
    const { callerNumber, callerName, calledNumber } = channel;
    log.info("A call has come", {
      shard: link.shard,
      assistant: assistant.id,
      pii: { callerNumber, callerName, calledNumber },
    });
    const call = new Call({
      ...this.#options,
      control,
      assistant,
      link,
      log,
      onFact: (fact) => this.#meter.recordFact(fact, log),
      onStatistics: (rtp) => this.#meter.recordStatistics(rtp),
    });
    this.#calls.set(channel.uuid, call);
    metrics.activeCalls.set(admission.taken);
    try {
      const report = await call.run();
      this.#meter.recordReport(report);
      logReport(log, report);
    } finally {
      this.#calls.delete(channel.uuid);
      admission.release(channel.uuid);
      metrics.activeCalls.set(admission.taken);
    }
  }

  async #refuse(control: CallControl, refusal: Refusal): Promise<void> {
    const { metrics } = this.#options;
    metrics.callsRefused.inc({ reason: refusal });
    const log = this.#options.log.with({ callId: control.channel.uuid });
    log.warn("A call was refused", { reason: refusal });
    control.listen(IGNORE);
    try {
      // A second connection for a channel that is being carried must not touch it.
      if (refusal === "duplicate") return;
      await control.takeOver();
      await control.setVariable("vapi_cause", REFUSAL_CAUSES[refusal]);
      await control.setVariable("vapi_reason", refusal);
    } catch (error) {
      log.warn("FreeSWITCH could not be told of the refusal", { error });
    } finally {
      control.leave();
    }
  }

  #assistantFor(id: string, log: Log): Assistant {
    const { assistants } = this.#options;
    const found = assistants.get(id === "" ? "default" : id);
    if (found !== undefined) return found;
    log.warn("The assistant is unknown; the default one answers", {
      assistant: id.slice(0, 64),
    });
    return assistants.get("default")!;
  }

  #keep(work: Promise<void>): void {
    const kept = work.catch((error) =>
      this.#options.log.error("A call was not handled to its end", { error })
    ).finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }
}

const IGNORE = {
  dtmf: () => {},
  hungUp: () => {},
  statistics: () => {},
  closed: () => {},
};

function logReport(log: Log, report: CallReport): void {
  const { end, setupMs, talkMs, counts, summary } = report;
  log.info("The call has ended", {
    end,
    setupMs: setupMs === undefined ? undefined : Math.round(setupMs),
    talkMs: Math.round(talkMs),
    audio: counts,
    session: summary,
  });
}
