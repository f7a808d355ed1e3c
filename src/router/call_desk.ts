// Long because: what comes before a call and after it is in one place.
import type { RingPool } from "../ring/ring_pool.ts";
import type { Assistant } from "../shard/protocol.ts";
import type { Ownership, Store } from "../store/call_store.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { StartTrace } from "../telemetry/trace.ts";
import type { Admission, Refusal } from "./admission.ts";
import type { OpenAudioLeg } from "./audio_leg.ts";
import { Call, type CallEvents, type CallReport } from "./call.ts";
import type { CallControl } from "./call_control.ts";
import { priceUsage, sumOf, type SupplierPrices } from "./call_costs.ts";
import { goesOn } from "./call_end.ts";
import { CallJournal } from "./call_journal.ts";
import { CallMeter } from "./call_meter.ts";
import { CallTrace } from "./call_trace.ts";
import type { RunFunction } from "./call_functions.ts";
import type { CallView } from "./call_view.ts";
import type { ShardPool } from "./shard_pool.ts";

/** Parts of a {@linkcode CallDesk}. */
export interface CallDeskOptions {
  readonly admission: Admission;
  readonly pool: ShardPool;
  readonly rings: RingPool;
  readonly store: Pick<Store, "calls" | "events" | "costs">;
  readonly openLeg: OpenAudioLeg;
  readonly runFunction: RunFunction;
  /** By id; has `default`. */
  readonly assistants: ReadonlyMap<string, Assistant>;
  readonly mediaHost?: string;
  readonly answerAfterMs: number;
  readonly maxCallMs: number;
  /** Whether calls that outlast the drain may go on at another node. */
  readonly handover: boolean;
  readonly prices: Readonly<Record<string, SupplierPrices>>;
  /** Undefined for no limit. */
  readonly budgetCnyPerDay?: number;
  /** Whether new calls would cost those that are there. */
  readonly overloaded: () => boolean;
  readonly metrics: Metrics;
  /** Undefined when calls are not traced. */
  readonly startTrace?: StartTrace;
  readonly log: Log;
}

/** Longest time that a new call waits for the store, in milliseconds. */
const TAKE_MS = 300;
/** How long the call before may take to be released, when FreeSWITCH comes back with its channel: its shard and the store may both hang. */
const RETURN_MS = 3000;
const RETURN_LOOK_MS = 10;
/** From this share of the budget on, everybody is warned. */
const WARN_SHARE = 0.8;
/** Of the calls that are handed over at once, the next ones wait this long, so that the other nodes are not overrun. */
const HANDOVER_BATCH = 10;
const HANDOVER_PAUSE_MS = 50;
/** People may let it ring for so long before the caller comes back, in milliseconds. */
const TRANSFER_MS = 120_000;

/** Hang-up causes that a refused call leaves for the dialplan. */
const REFUSAL_CAUSES: Record<Refusal, string> = {
  capacity: "NORMAL_CIRCUIT_CONGESTION",
  draining: "NORMAL_TEMPORARY_FAILURE",
  overload: "NORMAL_CIRCUIT_CONGESTION",
  budget: "NORMAL_CIRCUIT_CONGESTION",
  unready: "NORMAL_TEMPORARY_FAILURE",
  duplicate: "NORMAL_TEMPORARY_FAILURE",
};

/** Receives every call, by whatever line it comes: refuses it, or sees to it that it is carried. Main thread. */
export class CallDesk {
  #options: CallDeskOptions;
  #meter: CallMeter;
  #calls = new Map<string, Call>();
  /** Who waits for the place of the connection before; the newest of a channel's. */
  #returning = new Map<string, CallControl>();
  #work = new Set<Promise<void>>();
  #warned = false;
  /** Whether the drain's deadline has passed. */
  #leaving = false;

  constructor(options: CallDeskOptions) {
    this.#options = options;
    this.#meter = new CallMeter(options.metrics);
  }

  /** Calls that are being carried. */
  get size(): number {
    return this.#calls.size;
  }

  /** Frames of callers for which a ring had no room, so far. */
  get overruns(): number {
    return this.#meter.overruns(this.#calls.values());
  }

  /** Takes a call or refuses it. */
  receive(control: CallControl): void {
    this.#options.metrics.calls.inc();
    // Whoever waits for a place is not passed by who comes when it is free.
    const isWaitedFor = this.#returning.has(control.channel.uuid);
    const refusal = isWaitedFor ? "duplicate" : this.#admit(control);
    if (refusal === "duplicate") this.#keep(this.#return(control));
    else if (refusal !== undefined) this.#keep(this.#refuse(control, refusal));
    else this.#keep(this.#carry(control));
  }

  /** The calls that are being carried, the oldest first. */
  views(): CallView[] {
    return [...this.#calls.values()].map(({ view }) => view);
  }

  /** One of them; undefined when it is not here. */
  view(callId: string): CallView | undefined {
    return this.#calls.get(callId)?.view;
  }

  /** An operator ends a call; false when it is not here. */
  hangUp(callId: string): boolean {
    const call = this.#calls.get(callId);
    call?.end({ by: "operator" });
    return call !== undefined;
  }

  /** An operator sends a caller to a number of the dialplan; says why not, when it cannot be. */
  transfer(callId: string, to: string): "sent" | "unknown" | "impossible" {
    const call = this.#calls.get(callId);
    if (call === undefined || call.over) return "unknown";
    return call.transfer(to) ? "sent" : "impossible";
  }

  /** Another node has one of our calls. */
  taken(callId: string): void {
    this.#calls.get(callId)?.end({ by: "taken" });
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
    const late = () => this.#keep(this.#handOver());
    if (deadline.aborted) late();
    else deadline.addEventListener("abort", late, { once: true });
    while (this.#work.size > 0) await Promise.all([...this.#work]);
    deadline.removeEventListener("abort", late);
  }

  async #handOver(): Promise<void> {
    this.#leaving = true;
    const calls = [...this.#calls.values()];
    for (let i = 0; i < calls.length; i += HANDOVER_BATCH) {
      for (const call of calls.slice(i, i + HANDOVER_BATCH)) {
        call.end({ by: "drain" });
      }
      if (i + HANDOVER_BATCH < calls.length) await pause(HANDOVER_PAUSE_MS);
    }
  }

  #admit({ channel }: CallControl): Refusal | undefined {
    const { admission, pool } = this.#options;
    const refusal = admission.admit(channel.uuid);
    if (refusal !== undefined) return refusal;
    if (pool.of(channel.uuid) !== undefined) return undefined;
    admission.release(channel.uuid);
    return "unready";
  }

  /** Somebody comes back with a channel of ours: the connection before is gone, or about to be. */
  async #return(control: CallControl): Promise<void> {
    const { uuid, line, answered } = control.channel;
    const isBrowser = line === "browser";
    this.#returning.set(uuid, control);
    const isNewest = () => this.#returning.get(uuid) === control;
    const untilMs = performance.now() + RETURN_MS;
    let refusal: Refusal | undefined = "duplicate";
    while (
      refusal === "duplicate" && isNewest() && performance.now() < untilMs
    ) {
      // A page has one connection: where it has a new one, the network lost the other, which may not know yet.
      if (isBrowser && answered) {
        const reason = "the browser has come back";
        this.#calls.get(uuid)?.end({ by: "connection", reason });
      }
      await pause(RETURN_LOOK_MS);
      if (isNewest()) refusal = this.#admit(control);
    }
    if (isNewest()) {
      this.#returning.delete(uuid);
      // What held its place may be gone when it tries again.
      if (isBrowser && answered && refusal === "duplicate") {
        await control.setVariable("vapi_reason", refusal);
      }
    }
    if (refusal !== undefined) return await this.#refuse(control, refusal);
    // It may have gone while it waited.
    if (!isBrowser || await control.exists()) await this.#carry(control);
    else this.#options.admission.release(uuid);
  }

  async #carry(control: CallControl): Promise<void> {
    const { admission, metrics, store } = this.#options;
    const { uuid } = control.channel;
    const fromMs = performance.now();
    const isRinging = !control.channel.answered;
    try {
      // Before it is taken: what a node before has left is ended by the sweep.
      const early = isRinging ? this.#strained() : undefined;
      if (early !== undefined) return await this.#refuse(control, early);
      const ownership = await store.calls.take(uuid, TAKE_MS);
      // A caller in mid-call has a place, whatever it costs.
      const isKnown = isRinging || ownership.earlier !== undefined;
      const refusal = isKnown ? undefined : this.#strained();
      if (refusal === undefined) {
        await this.#serve(control, { ownership, fromMs });
      } else {
        store.calls.finish(uuid);
        await this.#refuse(control, refusal);
      }
    } finally {
      this.#calls.delete(uuid);
      admission.release(uuid);
      metrics.activeCalls.set(admission.taken);
    }
  }

  /** Why a new call is not taken although there is a place. */
  #strained(): Refusal | undefined {
    const { overloaded, budgetCnyPerDay, store, log } = this.#options;
    if (overloaded()) return "overload";
    if (budgetCnyPerDay === undefined) return undefined;
    const { spentTodayCny } = store.costs;
    const warn = spentTodayCny >= budgetCnyPerDay * WARN_SHARE;
    if (warn && !this.#warned) {
      log.warn(
        "The day's budget is nearly spent; at its end calls are refused",
        {
          spentTodayCny,
          budgetCnyPerDay,
        },
      );
    }
    this.#warned = warn;
    return spentTodayCny >= budgetCnyPerDay ? "budget" : undefined;
  }

  async #serve(
    control: CallControl,
    { ownership, fromMs }: {
      readonly ownership: Ownership;
      readonly fromMs: number;
    },
  ): Promise<void> {
    const { metrics, admission, store, pool, startTrace } = this.#options;
    const { uuid, assistantId, ...channel } = control.channel;
    const { earlier } = ownership;
    const isBack = channel.transferFailed !== undefined;
    const log = this.#options.log.with({ callId: uuid });
    const assistant = this.#assistantFor(
      assistantId || (earlier?.assistantId ?? ""),
      log,
    );
    const { callerNumber, callerName, calledNumber } = channel;
    log.info(earlier ? "A call goes on here" : "A call has come", {
      assistant: assistant.id,
      pii: { callerNumber, callerName, calledNumber },
    });
    const journal = new CallJournal({
      store,
      ownership,
      // A node that let go of it while it rang leaves a record, too.
      isHeard: earlier !== undefined && control.channel.answered,
      isBack,
      call: {
        callId: uuid,
        caller: callerNumber,
        called: calledNumber,
        assistantId: assistant.id,
      },
      wallMs: Date.now,
    });
    journal.event(earlier ? "failover" : "started", {
      ...earlier && { of: isBack ? "transfer" : "node" },
      assistantId: assistant.id,
      line: channel.line,
    });
    const trace = startTrace && new CallTrace(startTrace, {
      callId: uuid,
      fromMs,
      assistantId: assistant.id,
      epoch: ownership.epoch,
      resumed: journal.resumed,
    });
    const events = this.#eventsOf(journal, log, isBack);
    const call = new Call({
      ...this.#options,
      openLeg: control.openLeg ?? this.#options.openLeg,
      control: trace?.control(control) ?? control,
      assistant,
      shards: pool,
      resumed: journal.isHeard,
      log,
      events: trace?.events(events) ?? events,
    });
    this.#calls.set(uuid, call);
    if (this.#leaving) call.end({ by: "drain" });
    metrics.activeCalls.set(admission.taken);
    const report = await call.run();
    trace?.end(report);
    this.#conclude(report, { journal, log });
  }

  #eventsOf(journal: CallJournal, log: Log, isBack: boolean): CallEvents {
    const { metrics } = this.#options;
    const resumed = (after: "shard" | "node" | "transfer", gapMs: number) => {
      metrics.callsResumed.inc({ after });
      // Who comes back from people has lost nothing.
      if (after !== "transfer") {
        metrics.failoverGap.observe({ kind: after }, gapMs / 1000);
      }
      log.info("The conversation goes on", { after, gapMs: Math.round(gapMs) });
    };
    const startedMs = performance.now();
    let reopened = false;
    return {
      fact: (fact) => {
        journal.record(fact);
        this.#meter.recordFact(fact, log);
        if (fact.fact === "resumed" && journal.resumed && !reopened) {
          const after = isBack ? "transfer" : "node";
          resumed(after, performance.now() - startedMs);
        }
      },
      statistics: (rtp) => this.#meter.recordStatistics(rtp),
      answered: (setupMs) => {
        journal.heard();
        journal.event("answered", { setupMs });
      },
      keyPressed: () => journal.event("dtmf", {}),
      functionCalled: () => journal.functionCalled(),
      functionRan: ({ name, result, ms }) => {
        journal.event("tool", { name, result, ms: Math.round(ms) });
        metrics.functions.inc({ function: name, result });
        metrics.functionTime.observe(ms / 1000);
        log.info("A function has returned", {
          function: name,
          result,
          ms: Math.round(ms),
        });
      },
      placed: (shard) => journal.placed(shard),
      shardLost: () => journal.shardLost(),
      resumption: () => journal.resume(),
      reopened: (gapMs) => {
        reopened = true;
        journal.event("failover", { of: "shard", gapMs: Math.round(gapMs) });
        resumed("shard", gapMs);
      },
      parting: (report, withinMs) => {
        if (!this.#mayGoOn(report)) return Promise.resolve();
        const graceMs = report.end.by === "transfer" ? TRANSFER_MS : undefined;
        return journal.part(this.#endedData(report), { withinMs, graceMs });
      },
    };
  }

  /** Whether the store is to keep a call that has left us for the node that may get it. */
  #mayGoOn({ end }: CallReport): boolean {
    return goesOn(end) && (end.by !== "drain" || this.#options.handover);
  }

  #conclude(
    report: CallReport,
    { journal, log }: { readonly journal: CallJournal; readonly log: Log },
  ): void {
    const { metrics, store, prices } = this.#options;
    // First: figures that cannot be counted must not leave a call without its end.
    if (report.end.by !== "taken" && !this.#mayGoOn(report)) {
      journal.finish(this.#endedData(report));
    }
    this.#meter.recordReport(report);
    for (const cost of priceUsage(report.summary?.usage ?? [], prices)) {
      const { supplier, kind, cny } = cost;
      metrics.cost.inc({ supplier, kind }, cny);
      store.costs.add(cny);
    }
    logReport(log, report);
    if (report.end.by === "drain" && this.#mayGoOn(report)) {
      metrics.callsHandedOver.inc();
    }
  }

  /** What the `ended` event says. */
  #endedData({ end, setupMs, talkMs, summary }: CallReport) {
    const costs = priceUsage(summary?.usage ?? [], this.#options.prices);
    return {
      by: end.by,
      ...end.by === "hangup" && { cause: end.cause },
      ...end.by === "model" && { kind: end.kind },
      ...end.by === "transfer" && { to: end.to },
      setupMs: setupMs === undefined ? undefined : Math.round(setupMs),
      talkMs: Math.round(talkMs),
      turns: summary?.turns,
      bargeIns: summary?.bargeIns,
      usage: summary?.usage,
      costCny: Number(sumOf(costs).toFixed(6)),
    };
  }

  async #refuse(control: CallControl, refusal: Refusal): Promise<void> {
    const { metrics, startTrace } = this.#options;
    metrics.callsRefused.inc({ reason: refusal });
    const { uuid: callId } = control.channel;
    const log = this.#options.log.with({ callId });
    const trace = startTrace?.("refused call", {
      callId,
      fromMs: performance.now(),
      attributes: { "vapi.call_id": callId, "vapi.refusal": refusal },
    });
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
      trace?.end({});
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

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const IGNORE = {
  dtmf: () => {},
  held: () => {},
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
