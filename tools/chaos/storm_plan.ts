import type { Random } from "./seeded_random.ts";

/** A fault of a storm, with how often it comes and how long it lasts at most. */
interface FaultKind {
  readonly kind: StormFault["kind"];
  readonly weight: number;
  readonly mostMs: number;
}

/** One fault of a storm. */
export interface StormFault {
  readonly kind:
    | "model cut"
    | "model closed"
    | "model stalled"
    | "model refuses"
    | "model hangs"
    | "model slow"
    | "model's sessions expire"
    | "event socket cut"
    | "caller hangs up and another calls"
    | "shard killed"
    | "media thread killed"
    | "Redis stalled"
    | "node killed"
    | "node stopped";
  /** Since the storm began. */
  readonly atMs: number;
  /** 0 for what happens at once. */
  readonly lastsMs: number;
  /** From 0 to below 1: which call or node it strikes. */
  readonly which: number;
}

const KINDS: readonly FaultKind[] = [
  { kind: "model cut", weight: 15, mostMs: 0 },
  { kind: "model closed", weight: 12, mostMs: 0 },
  { kind: "model stalled", weight: 8, mostMs: 2500 },
  { kind: "model refuses", weight: 8, mostMs: 1500 },
  { kind: "model hangs", weight: 6, mostMs: 1500 },
  { kind: "model slow", weight: 6, mostMs: 2000 },
  { kind: "model's sessions expire", weight: 4, mostMs: 2000 },
  { kind: "event socket cut", weight: 20, mostMs: 0 },
  { kind: "caller hangs up and another calls", weight: 12, mostMs: 0 },
  { kind: "shard killed", weight: 4, mostMs: 0 },
  { kind: "media thread killed", weight: 2, mostMs: 0 },
  { kind: "Redis stalled", weight: 4, mostMs: 2000 },
  { kind: "node killed", weight: 1, mostMs: 0 },
  { kind: "node stopped", weight: 1, mostMs: 0 },
];
const TOTAL = KINDS.reduce((sum, { weight }) => sum + weight, 0);

/** Faults of all kinds spread over a time, in their order; the same for the same random numbers. */
export function planStorm(
  random: Random,
  { faults, seconds }: { readonly faults: number; readonly seconds: number },
): StormFault[] {
  const plan = Array.from({ length: faults }, () => {
    const { kind, mostMs } = pick(random());
    return {
      kind,
      atMs: random() * seconds * 1000,
      lastsMs: Math.round(random() * mostMs),
      which: random(),
    };
  });
  return plan.sort((a, b) => a.atMs - b.atMs);
}

function pick(share: number): FaultKind {
  let left = share * TOTAL;
  for (const kind of KINDS) {
    left -= kind.weight;
    if (left < 0) return kind;
  }
  return KINDS[0];
}
