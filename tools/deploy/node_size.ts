import type { Site } from "./site.ts";

/** By docs/performance.md: up to 0.21 % of a core and 0.39 MiB a call. */
const CORE_A_CALL = 0.0021;
const MIB_A_CALL = 0.39;
/** A node without calls, and each shard beyond the first. */
const MIB_A_NODE = 120;
const MIB_A_SHARD = 60;
/** HTTP, metrics, the start. */
const CORE_A_NODE = 0.1;

/** Memory that a node with all its calls needs, in MiB. */
export function memoryMib({ sizes }: Site): number {
  return Math.ceil(
    MIB_A_NODE + (sizes.shards - 1) * MIB_A_SHARD +
      sizes.maxConnections * MIB_A_CALL,
  );
}

/** Thousandths of a processor that a node with all its calls needs. */
export function processorMilli({ sizes }: Site): number {
  return Math.ceil(1000 * (CORE_A_NODE + sizes.maxConnections * CORE_A_CALL));
}
