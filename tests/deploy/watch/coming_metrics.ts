/**
 * Metrics that rules and dashboards use although the server does not have them
 * yet. A name goes from here when src/telemetry/metrics.ts has it; the aim is an
 * empty list.
 */
export const COMING_METRICS: readonly string[] = [
  "vapi_budget_cny",
  "vapi_budget_spent_cny",
  "vapi_build_info",
  "vapi_calls_handed_over_total",
  "vapi_calls_resumed_total",
  "vapi_cost_cny_total",
  "vapi_event_loop_delay_seconds",
  "vapi_failover_gap_seconds",
  "vapi_max_calls",
  "vapi_model_reconnects_total",
  "vapi_sessions_swept_total",
  "vapi_store_dropped_total",
  "vapi_store_errors_total",
  "vapi_store_up",
  "vapi_store_waiting_writes",
  "vapi_supplier_available",
];
