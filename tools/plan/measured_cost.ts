/** What a call costs a node, as a capacity run found it. */
export interface MeasuredCost {
  /** Where the figures come from. */
  readonly source: string;
  /** Cores of a call, both sides always talking. */
  readonly cpuPerCallCores: number;
  /** Of that, the part of the thread through which the datagrams pass, of which a process has one. */
  readonly mediaShare: number;
  readonly bytesPerCall: number;
  /** Memory of the process before its first call, where it is known. */
  readonly idleBytes?: number;
  /** The most calls that met every limit in a run. */
  readonly carriedCalls: number;
}

/**
 * The project's own measurement, on a virtual machine with two cores that the
 * callers and the model shared: cost, memory and the media thread's share at 400
 * calls and one shard, which met all limits.
 */
export const OWN_MEASUREMENT: MeasuredCost = {
  source: "docs/performance.md",
  cpuPerCallCores: 0.00163,
  mediaShare: 0.46,
  bytesPerCall: 170 * 1024,
  carriedCalls: 400,
};
