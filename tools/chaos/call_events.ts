import type { RedisProcess } from "../redis_process.ts";

/** One entry of the stream of events. */
export interface CallEventEntry {
  readonly type: string;
  readonly callId: string;
  readonly epoch: number;
  readonly seq: number;
}

/** A call that the stream is asked about. */
export interface PlacedCall {
  readonly callId: string;
  /** Whether anybody answered it: one that nobody took has no events. */
  readonly answered: boolean;
}

/** What the stream says of a run. */
export interface EventVerdict {
  /** Calls without an `ended`. */
  readonly unended: readonly string[];
  /** Calls with more than one `ended`. */
  readonly endedAgain: readonly string[];
  /** Events that are not there although later ones of the same owner are. */
  readonly lost: number;
  /** Events that came after a later one of the same owner, for the first time. */
  readonly disordered: number;
  readonly entries: number;
}

type RawEntry = readonly [id: string, fields: readonly string[]];

/** Reads the whole stream `vapi:events`. */
export async function readEvents(
  redis: Pick<RedisProcess, "ask">,
): Promise<CallEventEntry[]> {
  const raw = await redis.ask<RawEntry[]>("XRANGE", "vapi:events", "-", "+");
  return raw.map(([, fields]) => {
    const of = new Map<string, string>();
    for (let i = 0; i + 1 < fields.length; i += 2) {
      of.set(fields[i], fields[i + 1]);
    }
    return {
      type: of.get("type") ?? "",
      callId: of.get("callId") ?? "",
      epoch: Number(of.get("epoch")),
      seq: Number(of.get("seq")),
    };
  });
}

/**
 * Judges the events of these calls. An event that came twice counts once, as
 * whoever reads the stream is to do it: by call, epoch and number. An end with
 * the number 0 comes from the sweep, which does not know the others.
 */
export function judgeEvents(
  events: readonly CallEventEntry[],
  calls: readonly PlacedCall[],
): EventVerdict {
  const wanted = new Set(calls.map(({ callId }) => callId));
  const started = new Set<string>();
  const numbers = new Map<string, Set<number>>();
  const highest = new Map<string, number>();
  const ended = new Map<string, number>();
  let disordered = 0;
  for (const { type, callId, epoch, seq } of events) {
    if (!wanted.has(callId)) continue;
    started.add(callId);
    const owner = `${callId} ${epoch}`;
    const seen = numbers.get(owner) ?? new Set();
    if (seen.has(seq)) continue;
    numbers.set(owner, seen.add(seq));
    if (seq > 0 && seq < (highest.get(owner) ?? 0)) disordered++;
    highest.set(owner, Math.max(seq, highest.get(owner) ?? 0));
    if (type === "ended") ended.set(callId, (ended.get(callId) ?? 0) + 1);
  }
  let lost = 0;
  for (const [owner, seen] of numbers) {
    seen.delete(0);
    lost += highest.get(owner)! - seen.size;
  }
  return {
    unended: calls.filter(({ callId, answered }) =>
      !ended.has(callId) && (answered || started.has(callId))
    ).map(({ callId }) => callId),
    endedAgain: [...ended].filter(([, count]) => count > 1).map(([id]) => id),
    lost,
    disordered,
    entries: events.length,
  };
}
