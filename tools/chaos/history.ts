import type { SessionFacts } from "./wire.ts";

/** A model and its caller are told apart from others by the caller's name. */
type ByPersona = ReadonlyMap<string, readonly SessionFacts[]>;

/** The sessions of each caller, in the order in which they began. */
export function byPersona(sessions: readonly SessionFacts[]): ByPersona {
  const found = new Map<string, SessionFacts[]>();
  for (const session of sessions) {
    const own = found.get(session.persona) ?? [];
    own.push(session);
    found.set(session.persona, own);
  }
  return found;
}

/** The answers that were ended whole before a moment. */
export function wholeAnswers(
  sessions: readonly SessionFacts[],
  beforeMs: number,
): string[] {
  return sessions.flatMap(({ said }) => said)
    .filter(({ whole, atMs }) => whole && atMs < beforeMs)
    .map(({ text }) => text);
}

/** Whether `wanted` stand in `list`, in their order, with others between them or not. */
export function holdsInOrder(
  list: readonly string[],
  wanted: readonly string[],
): boolean {
  let at = 0;
  for (const text of list) if (text === wanted[at]) at++;
  return at >= wanted.length;
}

/**
 * How many of the callers' newest sessions were not given every answer that
 * was ended before `beforeMs`; those who have one session only do not count.
 */
export function forgetful(
  sessions: readonly SessionFacts[],
  beforeMs: number,
): number {
  let count = 0;
  for (const own of byPersona(sessions).values()) {
    const newest = own.at(-1)!;
    const wanted = wholeAnswers(own.slice(0, -1), beforeMs);
    if (!holdsInOrder(newest.given, wanted)) count++;
  }
  return count;
}
