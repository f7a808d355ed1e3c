// Long because: a table of every metric.
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
} from "prom-client";

/** Every metric of the process, on the main thread; shards report by messages and shared words. */
export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Makes the metrics in a registry of their own. The names without a unit at
 * their end are those of the deployment plan.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

  function counter<L extends string>(
    name: string,
    help: string,
    labelNames: L[] = [],
  ) {
    return new Counter<L>({ name, help, labelNames, registers });
  }
  function gauge<L extends string>(
    name: string,
    help: string,
    labelNames: L[] = [],
  ) {
    return new Gauge<L>({ name, help, labelNames, registers });
  }
  function histogram(name: string, help: string, buckets: number[]) {
    return new Histogram({ name, help, buckets, registers });
  }

  return {
    registry,
    calls: counter(
      "vapi_calls_total",
      "Calls that FreeSWITCH handed over, refused ones included",
    ),
    callsSuccessful: counter(
      "vapi_calls_successful_total",
      "Calls that had audio both ways and ended because somebody hung up or the time was over",
    ),
    callsRefused: counter(
      "vapi_calls_refused_total",
      "Calls that were not taken",
      ["reason"],
    ),
    callsEnded: counter("vapi_calls_ended_total", "Calls taken and ended", [
      "by",
    ]),
    callDuration: histogram(
      "vapi_call_duration_seconds",
      "Length of a call from its first frame of audio to its end",
      [1, 5, 10, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600],
    ),
    callSetup: histogram(
      "vapi_call_setup_seconds",
      "From FreeSWITCH's connection to the first frame of audio",
      [0.05, 0.1, 0.2, 0.4, 0.8, 1.5, 3, 6, 12],
    ),
    stepfunLatency: histogram(
      "vapi_stepfun_latency",
      "Seconds from the end of the caller's speech to the first audio of the answer",
      [0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10],
    ),
    activeCalls: gauge("vapi_active_calls", "Calls that hold a place now"),
    shardCalls: gauge("vapi_shard_calls", "Calls of each shard now", ["shard"]),
    shardRestarts: counter(
      "vapi_shard_restarts_total",
      "Shards that died and were replaced",
      ["shard"],
    ),
    rtpJitter: gauge(
      "vapi_audio_rtp_jitter_ms",
      "Mean jitter of the callers' RTP over the last ended calls, as FreeSWITCH measured it",
    ),
    packetLoss: gauge(
      "vapi_audio_packet_loss_percent",
      "Mean loss of the callers' RTP over the last ended calls, as FreeSWITCH measured it",
    ),
    frames: counter("vapi_audio_frames_total", "Frames carried", [
      "direction",
    ]),
    datagramsDropped: counter(
      "vapi_audio_datagrams_dropped_total",
      "Datagrams that were not audio of a call",
      ["reason"],
    ),
    uplinkOverruns: counter(
      "vapi_ring_overrun_frames_total",
      "Uplink frames for which a ring had no room because its shard was late",
    ),
    playoutUnderrunFrames: counter(
      "vapi_playout_underrun_frames_total",
      "Frames missing inside speech of the assistant",
    ),
    playoutUnderruns: counter(
      "vapi_playout_underruns_total",
      "Gaps inside speech of the assistant, by who was late",
      ["reason"],
    ),
    playoutOverflow: counter(
      "vapi_playout_overflow_seconds_total",
      "Speech of the model that found no room in the playout queue",
    ),
    bargeIns: counter(
      "vapi_barge_ins_total",
      "Times that a caller interrupted the assistant",
    ),
    bargeInStop: histogram(
      "vapi_barge_in_stop_seconds",
      "From the model's notice that the caller speaks to the last old frame",
      [0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.1, 0.2],
    ),
    eslRejected: counter(
      "vapi_esl_rejected_total",
      "Event socket connections that did not become a call",
      ["reason"],
    ),
    eslErrors: counter(
      "vapi_esl_errors_total",
      "Commands that FreeSWITCH refused or did not answer",
      ["kind"],
    ),
    modelErrors: counter(
      "vapi_model_errors_total",
      "Speech models that could not be had or were lost",
      ["kind"],
    ),
    modelComplaints: counter(
      "vapi_model_complaints_total",
      "Errors of the speech model that the call survived",
      ["kind"],
    ),
    modelTokens: counter(
      "vapi_model_tokens_total",
      "Tokens, where the model tells them",
      ["direction"],
    ),
    speech: counter(
      "vapi_speech_seconds_total",
      "Speech sent to the model (in), received for the caller (out) and heard by the caller (heard)",
      ["direction"],
    ),
  };
}
