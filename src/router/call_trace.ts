import type { SessionFact } from "../shard/protocol.ts";
import type { StartTrace, Trace, TraceAttributes } from "../telemetry/trace.ts";
import type { CallEvents, CallReport } from "./call.ts";
import type { CallControl } from "./call_control.ts";
import { outcomeOf } from "./call_end.ts";
import { type TimeWork, TracedControl } from "./traced_control.ts";

/** What a {@linkcode CallTrace} begins with. */
export interface CallTraceOptions {
  readonly callId: string;
  /** When FreeSWITCH handed the call over, of `performance.now()`, in milliseconds. */
  readonly fromMs: number;
  readonly assistantId: string;
  /** Which owner of the call this node is. */
  readonly epoch: number;
  /** Whether another node has begun it. */
  readonly resumed: boolean;
}

/**
 * Writes a call's trace from what the main thread hears of it; see docs/tracing.md.
 * Main thread. Holds no personal data: neither words, numbers nor keys.
 */
export class CallTrace {
  #trace: Trace;
  /** Steps that are not over; there is one of a name at most. */
  #open = new Map<string, OpenStep>();

  constructor(startTrace: StartTrace, options: CallTraceOptions) {
    const { callId, fromMs, assistantId, epoch, resumed } = options;
    this.#trace = startTrace("call", {
      callId,
      fromMs,
      attributes: {
        "vapi.call_id": callId,
        "vapi.assistant": assistantId,
        "vapi.epoch": epoch,
        "vapi.resumed": resumed,
      },
    });
    this.#trace.step("ask store", { fromMs });
  }

  /** The channel, with its commands timed. */
  control(control: CallControl): CallControl {
    return new TracedControl(control, this.#time);
  }

  /** The call's events, heard on their way. */
  events(events: CallEvents): CallEvents {
    return {
      ...events,
      fact: (fact) => {
        this.#recordFact(fact);
        events.fact(fact);
      },
      answered: (setupMs) => {
        this.#finish("first frame");
        events.answered(setupMs);
      },
      keyPressed: () => {
        this.#trace.event("key pressed");
        events.keyPressed();
      },
      functionRan: (ran) => {
        const { name, result, ms } = ran;
        const attributes = { "vapi.function": name, "vapi.outcome": result };
        this.#past("function", ms, attributes);
        events.functionRan(ran);
      },
      placed: (shard) => {
        this.#begin("model opening", { "vapi.shard": shard });
        events.placed(shard);
      },
      modelReady: () => {
        this.#finish("model opening");
        this.#finish("shard away");
        events.modelReady?.();
      },
      shardLost: (atWork) => {
        this.#loseShard(atWork);
        events.shardLost?.(atWork);
      },
      parting: (report, withinMs) =>
        this.#time("leave to others", () => events.parting(report, withinMs)),
    };
  }

  /** The call is over, and all of it is released. */
  end(report: CallReport): void {
    const { end } = report;
    if (end.by === "model") {
      this.#finish("model opening", failure(end.kind));
      this.#finish("model away", failure(end.kind));
    }
    for (const name of [...this.#open.keys()]) this.#cutOff(name);
    const attributes = endAttributes(report);
    this.#trace.end({ attributes, failed: outcomeOf(end) === "failed" });
  }

  #recordFact(fact: SessionFact): void {
    switch (fact.fact) {
      case "turn_ended":
        this.#cutOff("turn");
        return this.#begin("turn");
      case "turn":
        this.#open.delete("turn");
        return this.#past("turn", fact.latencyMs, { "vapi.outcome": "ok" });
      case "barge_in":
        return this.#past("barge-in", fact.stopMs, {
          "vapi.heard_ms": fact.heardMs,
        });
      case "model_lost":
        this.#cutOff("model away");
        return this.#begin("model away", { "vapi.kind": fact.kind });
      case "model_regained":
        return this.#finish("model away", {
          attributes: {
            "vapi.supplier": fact.supplier,
            "vapi.attempts": fact.attempts,
          },
        });
      case "resumed":
        return this.#trace.event("resumed", { "vapi.supplier": fact.supplier });
      case "complaint":
        return this.#trace.event("complaint", { "vapi.kind": fact.kind });
      case "model_renewed":
        return this.#trace.event("model renewed");
      case "silent_caller":
        return this.#trace.event("caller silent");
      case "said":
      case "underrun":
      case "playout_overflow":
        return;
    }
  }

  #loseShard(atWork: boolean): void {
    for (const name of ["model opening", "model away", "turn"]) {
      this.#cutOff(name);
    }
    // Another loss before the model is there is the same gap for the caller.
    if (this.#open.has("shard away")) return;
    this.#begin("shard away", { "vapi.at_work": atWork });
  }

  #begin(name: string, attributes: TraceAttributes = {}): void {
    this.#open.set(name, { fromMs: performance.now(), attributes });
  }

  #finish(name: string, how: StepOutcome = {}): void {
    const open = this.#open.get(name);
    if (open === undefined) return;
    this.#open.delete(name);
    this.#trace.step(name, {
      fromMs: open.fromMs,
      attributes: {
        ...open.attributes,
        "vapi.outcome": "ok",
        ...how.attributes,
      },
      failed: how.failed,
    });
  }

  /** Ends a step that was not finished, which need not be a fault. */
  #cutOff(name: string): void {
    this.#finish(name, { attributes: { "vapi.outcome": "cut off" } });
  }

  /** A step that somebody else has timed, and that is just over. */
  #past(name: string, lengthMs: number, attributes: TraceAttributes): void {
    const toMs = performance.now();
    this.#trace.step(name, { fromMs: toMs - lengthMs, toMs, attributes });
  }

  #time: TimeWork = async (name, work) => {
    this.#begin(name);
    try {
      const result = await work();
      this.#finish(name);
      if (name === "unicast") this.#begin("first frame");
      return result;
    } catch (error) {
      this.#finish(name, failure(error instanceof Error ? error.name : "?"));
      throw error;
    }
  };
}

interface OpenStep {
  readonly fromMs: number;
  readonly attributes: TraceAttributes;
}

interface StepOutcome {
  readonly attributes?: TraceAttributes;
  readonly failed?: boolean;
}

function failure(outcome: string): StepOutcome {
  return { attributes: { "vapi.outcome": outcome }, failed: true };
}

function endAttributes(report: CallReport): TraceAttributes {
  const { end, shard, setupMs, talkMs, summary, counts } = report;
  const suppliers = new Set(summary?.usage.map(({ supplier }) => supplier));
  return {
    "vapi.end": end.by,
    "vapi.cause": end.by === "hangup" ? end.cause : undefined,
    "vapi.kind": end.by === "model" ? end.kind : undefined,
    "vapi.shard": shard,
    "vapi.setup_ms": setupMs === undefined ? undefined : Math.round(setupMs),
    "vapi.talk_ms": Math.round(talkMs),
    "vapi.turns": summary?.turns,
    "vapi.barge_ins": summary?.bargeIns,
    "vapi.suppliers": suppliers.size > 0 ? [...suppliers].join(",") : undefined,
    "vapi.frames_missed": counts?.downlinkMissed,
  };
}
