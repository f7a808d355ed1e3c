import type { SessionFact } from "../shard/protocol.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { RecentMean } from "../telemetry/recent_mean.ts";
import { type AudioLegCounts, NO_COUNTS } from "./audio_leg.ts";
import type { Call, CallReport } from "./call.ts";
import { isGivenUp, outcomeOf } from "./call_end.ts";
import type { RtpStatistics } from "./call_control.ts";

/** Ended calls whose RTP statistics make up the gauges. */
const RECENT_CALLS = 50;

/** Turns what happens to calls into metrics. Main thread. */
export class CallMeter {
  #metrics: Metrics;
  #jitter = new RecentMean(RECENT_CALLS);
  #loss = new RecentMean(RECENT_CALLS);
  #ended: Counts = { ...NO_COUNTS };

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Counts an ended call. */
  recordReport(report: CallReport): void {
    const { end, answered, setupMs, talkMs, counts, summary } = report;
    const metrics = this.#metrics;
    metrics.callsEnded.inc({ by: end.by });
    if (!answered && isGivenUp(end)) metrics.callsAbandoned.inc();
    if (end.by === "model") metrics.modelErrors.inc({ kind: end.kind });
    if (end.by === "control") {
      metrics.eslErrors.inc({ kind: errorKind(end.error) });
    }
    if (counts !== undefined) addCounts(this.#ended, counts);
    if (summary !== undefined) this.#recordSpeech(summary);
    if (setupMs === undefined) return;
    metrics.callSetup.observe(setupMs / 1000);
    metrics.callDuration.observe(talkMs / 1000);
    if (outcomeOf(end) === "served" && hadBothWays(counts)) {
      metrics.callsSuccessful.inc();
    }
  }

  /** Counts something that happened in a session. */
  recordFact(fact: SessionFact, log: Log): void {
    const metrics = this.#metrics;
    switch (fact.fact) {
      case "turn":
        metrics.stepfunLatency.observe(fact.latencyMs / 1000);
        break;
      case "barge_in":
        metrics.bargeIns.inc();
        metrics.bargeInStop.observe(fact.stopMs / 1000);
        log.info("The caller interrupted", { ...fact });
        break;
      case "complaint":
        metrics.modelComplaints.inc({ kind: fact.kind });
        if (fact.kind !== "race") {
          const { kind, message: words } = fact;
          log.warn("The speech model complained", { kind, words });
        }
        break;
      case "underrun":
        metrics.playoutUnderruns.inc({ reason: fact.reason });
        break;
      case "playout_overflow":
        metrics.playoutOverflow.inc(fact.droppedMs / 1000);
        break;
      case "model_regained":
        metrics.failoverGap.observe({ kind: "model" }, fact.gapMs / 1000);
        log.info("The speech model is there again", { ...fact });
        break;
      case "model_renewed":
        log.info("The model's session was renewed");
        break;
      case "silent_caller":
        metrics.silentCallers.inc();
        break;
      case "said":
      case "turn_began":
      case "turn_ended":
      case "model_lost":
      case "resumed":
        break;
    }
  }

  /** Takes FreeSWITCH's view of an ended call's audio. */
  recordStatistics(rtp: RtpStatistics): void {
    if (rtp.jitterMs !== undefined) {
      this.#metrics.rtpJitter.set(this.#jitter.add(rtp.jitterMs));
    }
    if (rtp.packetLossPercent !== undefined) {
      this.#metrics.packetLoss.set(this.#loss.add(rtp.packetLossPercent));
    }
  }

  /** Frames of callers for which a ring had no room, of all calls so far. */
  overruns(live: Iterable<Call>): number {
    let sum = this.#ended.uplinkRefused;
    for (const { counts } of live) sum += counts?.uplinkRefused ?? 0;
    return sum;
  }

  /** Sets the counts of frames to those of all ended calls and the `live` ones. */
  publishCounts(live: readonly Call[]): void {
    const total = { ...this.#ended };
    for (const { counts } of live) {
      if (counts !== undefined) addCounts(total, counts);
    }
    const { frames, datagramsDropped } = this.#metrics;
    frames.reset();
    frames.inc({ direction: "uplink" }, total.uplinkFrames);
    frames.inc({ direction: "concealed" }, total.concealed);
    frames.inc({ direction: "downlink" }, total.downlinkFrames);
    frames.inc({ direction: "discarded" }, total.downlinkDiscarded);
    datagramsDropped.reset();
    datagramsDropped.inc({ reason: "wrong_size" }, total.wrongSize);
    datagramsDropped.inc({ reason: "foreign" }, total.foreign);
    datagramsDropped.inc({ reason: "flood" }, total.flood);
    this.#metrics.uplinkOverruns.reset();
    this.#metrics.uplinkOverruns.inc(total.uplinkRefused);
    this.#metrics.playoutUnderrunFrames.reset();
    this.#metrics.playoutUnderrunFrames.inc(total.downlinkMissed);
  }

  #recordSpeech(summary: NonNullable<CallReport["summary"]>): void {
    const { speech, modelTokens } = this.#metrics;
    speech.inc({ direction: "heard" }, summary.heardMs / 1000);
    for (const usage of summary.usage) {
      speech.inc({ direction: "in" }, usage.uplinkMs / 1000);
      speech.inc({ direction: "out" }, usage.downlinkMs / 1000);
      modelTokens.inc({ direction: "in" }, usage.inputTokens);
      modelTokens.inc({ direction: "out" }, usage.outputTokens);
    }
  }
}

function hadBothWays(counts?: AudioLegCounts): boolean {
  return counts !== undefined && counts.uplinkFrames > 0 &&
    counts.downlinkFrames > 0;
}

type Counts = { -readonly [K in keyof AudioLegCounts]: number };

function addCounts(sum: Counts, counts: AudioLegCounts): void {
  for (const key of Object.keys(sum) as Array<keyof Counts>) {
    sum[key] += counts[key];
  }
}

function errorKind(error: unknown): string {
  if (error instanceof DOMException) {
    return error.name === "TimeoutError" ? "timeout" : "aborted";
  }
  return error instanceof Error ? error.name : "unknown";
}
