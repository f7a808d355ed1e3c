/**
 * Metrics that rules and dashboards use although the server does not have them
 * yet, or never sets them. A name goes from here when the server does; the aim
 * is an empty list.
 */
export const COMING_METRICS: readonly string[] = [
  "vapi_budget_cny",
  "vapi_build_info",
  "vapi_event_loop_delay_seconds",
  "vapi_max_calls",
  "vapi_store_up",
  "vapi_supplier_available",
];
