import type { Site } from "./site.ts";

/** By docs/performance.md: up to 0.21 % of a core and 0.39 MiB a call. */
const CORE_A_CALL = 0.0021;
const MIB_A_CALL = 0.39;
/** A node without calls, and each shard beyond the first. */
const MIB_A_NODE = 120;
const MIB_A_SHARD = 60;
/** Room for a burst in a shard of few calls. */
const LEAST_HEAP_MIB = 256;
/** HTTP, metrics, the start. */
const CORE_A_NODE = 0.1;

/** Memory that a node with all its calls needs, in MiB. */
export function memoryMib({ sizes }: Site): number {
  return Math.ceil(
    MIB_A_NODE + (sizes.shards - 1) * MIB_A_SHARD +
      sizes.maxConnections * MIB_A_CALL,
  );
}

/**
 * What one shard's heap may grow to, in MiB: twice what its part of the calls
 * needs. A shard beyond it ends alone; a node beyond its limit takes all its
 * calls with it.
 */
export function shardHeapMib({ sizes, settings }: Site): number {
  if (settings.SHARD_HEAP_MB) return Number(settings.SHARD_HEAP_MB);
  const { shards, maxConnections } = sizes;
  const part = MIB_A_SHARD + maxConnections * MIB_A_CALL / shards;
  return Math.max(LEAST_HEAP_MIB, Math.ceil(2 * part));
}

/** The memory at which the system ends a node, in MiB: every shard's heap may be at its own limit. */
export function memoryLimitMib(site: Site): number {
  const needed = memoryMib(site);
  const heaps = site.sizes.shards * shardHeapMib(site);
  return Math.max(2 * needed, needed + heaps);
}

/** Thousandths of a processor that a node with all its calls needs. */
export function processorMilli({ sizes }: Site): number {
  return Math.ceil(1000 * (CORE_A_NODE + sizes.maxConnections * CORE_A_CALL));
}
