import { blockingOf } from "./erlang_b.ts";
import type { Load } from "./load.ts";
import type { MeasuredCost } from "./measured_cost.ts";
import type { PlanOptions } from "./options.ts";

/** `MAX_CONNECTIONS` of a node that is not told otherwise. */
const MOST_CONNECTIONS = 1000;
/** FreeSWITCH's own memory for a call, measured on loopback with core unicast. */
const FREESWITCH_BYTES_PER_CALL = 1.6 * 1024 * 1024;

/** What bounds a node. */
export type NodeBound =
  | "option"
  | "processors"
  | "media thread"
  | "measured so far"
  | "MAX_CONNECTIONS";

/** How many machines are needed. */
export interface Machines {
  readonly callsPerNode: number;
  readonly bound: NodeBound;
  /** Every bound of a node, in calls. */
  readonly bounds: Readonly<Partial<Record<NodeBound, number>>>;
  /** Nodes, one more than the places need. */
  readonly nodes: number;
  /** Share of calls that find no place while one node is down. */
  readonly blockingOneDown: number;
  /** Memory of one full node's process, in bytes. */
  readonly nodeBytes: number;
  /** FreeSWITCH hosts, one more than the places need. */
  readonly freeSwitchHosts: number;
  readonly freeSwitchBytes: number;
}

/** The machines for a load. */
export function findMachines(
  load: Load,
  { options, cost }: {
    readonly options: PlanOptions;
    readonly cost: MeasuredCost;
  },
): Machines {
  const bounds = findBounds(options, cost);
  const [bound, callsPerNode] = tightest(bounds);
  const hold = Math.ceil(load.places / callsPerNode);
  const { callsPerFreeSwitch } = options;
  return {
    callsPerNode,
    bound,
    bounds,
    nodes: hold + 1,
    blockingOneDown: blockingOf(load.erlang, hold * callsPerNode),
    nodeBytes: (cost.idleBytes ?? 0) + callsPerNode * cost.bytesPerCall,
    freeSwitchHosts: Math.ceil(load.places / callsPerFreeSwitch) + 1,
    freeSwitchBytes: Math.min(load.places, callsPerFreeSwitch) *
      FREESWITCH_BYTES_PER_CALL,
  };
}

function findBounds(
  { callsPerNode, cores, use }: PlanOptions,
  { cpuPerCallCores, mediaShare, carriedCalls }: MeasuredCost,
): Partial<Record<NodeBound, number>> {
  if (callsPerNode !== undefined) return { option: callsPerNode };
  return {
    processors: atLeastOne(cores * use / cpuPerCallCores),
    "media thread": atLeastOne(use / (cpuPerCallCores * mediaShare)),
    "measured so far": carriedCalls,
    MAX_CONNECTIONS: MOST_CONNECTIONS,
  };
}

function atLeastOne(calls: number): number {
  return Math.max(1, Math.floor(calls));
}

function tightest(
  bounds: Partial<Record<NodeBound, number>>,
): [NodeBound, number] {
  const entries = Object.entries(bounds) as [NodeBound, number][];
  return entries.reduce((a, b) => b[1] < a[1] ? b : a);
}
