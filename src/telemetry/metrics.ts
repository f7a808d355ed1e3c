// Long because: a table of every metric.
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
} from "prom-client";

/** How often prom-client looks how late the main thread's timers are: its own 10 ms wake an idle thread a hundred times a second, which is a third of all that it does with 100 calls. */
const LAG_PRECISION_MS = 200;

/** Every metric of the process, on the main thread; shards report by messages and shared words. */
export type Metrics = ReturnType<typeof createMetrics>;

/**
 * Makes the metrics in a registry of their own. The names without a unit at
 * their end are those of the deployment plan.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({
    register: registry,
    eventLoopMonitoringPrecision: LAG_PRECISION_MS,
  });

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
    callsAbandoned: counter(
      "vapi_calls_abandoned_total",
      "Ended calls whose callers gave up before they were answered",
    ),
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
      "Shards that died and were replaced, or the media thread",
      ["shard"],
    ),
    callsResumed: counter(
      "vapi_calls_resumed_total",
      "Calls that went on after their shard or their node was lost, or came back from a transfer",
      ["after"],
    ),
    callsHandedOver: counter(
      "vapi_calls_handed_over_total",
      "Calls left to another node while this one was stopping",
    ),
    failoverGap: new Histogram({
      name: "vapi_failover_gap_seconds",
      help: "Time in mid-call without a working model, by what was lost",
      labelNames: ["kind"],
      buckets: [0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 30],
      registers,
    }),
    silentCallers: counter(
      "vapi_silent_callers_total",
      "Callers who said nothing for long and were asked whether they are there",
    ),
    modelReconnects: counter(
      "vapi_model_reconnects_total",
      "Connections to a supplier, for new calls and in mid-call",
      ["supplier", "outcome"],
    ),
    supplierAvailable: gauge(
      "vapi_supplier_available",
      "1, or 0 while calls pass the supplier over",
      ["supplier"],
    ),
    storeUp: gauge("vapi_store_up", "1 while the store can be reached"),
    storeWaiting: gauge(
      "vapi_store_waiting_writes",
      "Writes that wait for the store",
    ),
    storeDropped: counter(
      "vapi_store_dropped_total",
      "Writes that found no room while the store was away",
      ["kind"],
    ),
    storeErrors: counter(
      "vapi_store_errors_total",
      "Commands that the store refused or did not answer",
    ),
    sessionsSwept: counter(
      "vapi_sessions_swept_total",
      "Calls whose node was lost and that nobody took over",
    ),
    cost: counter(
      "vapi_cost_cny_total",
      "What the models of ended calls cost, in CNY by the price table",
      ["supplier", "kind"],
    ),
    budget: gauge("vapi_budget_cny", "Budget of a day in CNY; 0 for none"),
    budgetSpent: gauge(
      "vapi_budget_spent_cny",
      "Spent today in CNY, by all nodes of the store",
    ),
    loopDelay: gauge(
      "vapi_event_loop_delay_seconds",
      "Worst delay of a thread's event loop in the last seconds",
      ["thread"],
    ),
    ready: gauge("vapi_ready", "1 while the node takes new calls"),
    maxCalls: gauge("vapi_max_calls", "Calls that the node takes at most"),
    buildInfo: gauge("vapi_build_info", "1, with the version", ["version"]),
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
    gatewayConnections: gauge(
      "vapi_gateway_connections",
      "WebSockets of browsers that are open",
    ),
    gatewayRejected: counter(
      "vapi_gateway_rejected_total",
      "Connections to the gateway that did not become a WebSocket",
      ["reason"],
    ),
    functions: counter(
      "vapi_functions_total",
      "Functions that the assistants called, by how they went",
      ["function", "result"],
    ),
    functionTime: histogram(
      "vapi_function_seconds",
      "How long a function took",
      [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10],
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
