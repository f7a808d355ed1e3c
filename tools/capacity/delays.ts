import type { CallerMarks, SessionMarks } from "./wire.ts";

/** Both ends' times of all calls, by one clock. */
export interface Timings {
  readonly callers: readonly CallerMarks[];
  readonly sessions: readonly SessionMarks[];
  /** Only what left in this time counts. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Delays of all calls together, in milliseconds. */
export interface Delays {
  readonly uplink: number[];
  readonly downlink: number[];
  /** From the model's notice to the last frame of the interrupted answer. */
  readonly bargeIn: number[];
  /** Timed frames of callers that no session heard. */
  readonly unheard: number;
}

/** No answer takes longer to its caller; a later first frame is of another answer. */
const LATEST_MS = 2000;
/** The last frame may have come this long before the notice that stopped the next. */
const FRAME_PAUSE_MS = 40;
/** Shortest time from the placing of a caller's first frame to a delta that did not wait for it. */
const SETTLED_MS = 200;

/** Joins what left one side with what came to the other. */
export function joinDelays(timings: Timings): Delays {
  const delays = { uplink: [], downlink: [], bargeIn: [], unheard: 0 };
  const sessions = new Map(timings.sessions.map((s) => [s.name, s]));
  for (const caller of timings.callers) {
    joinCall(caller, { session: sessions.get(caller.name), timings, delays });
  }
  return delays;
}

/** Brings the times of a caller to another clock. */
export function shiftCaller(
  { sentMs, firstFramesMs, runs, ...rest }: CallerMarks,
  byMs: number,
): CallerMarks {
  return {
    ...rest,
    sentMs: sentMs.map((ms) => ms + byMs),
    firstFramesMs: firstFramesMs.map((ms) => ms + byMs),
    runs: runs.map(({ fromMs, toMs }) => ({
      fromMs: fromMs + byMs,
      toMs: toMs + byMs,
    })),
  };
}

/** Brings the times of a session to another clock. */
export function shiftSession(
  { heardMs, firstDeltasMs, speechStartedMs, ...rest }: SessionMarks,
  byMs: number,
): SessionMarks {
  return {
    ...rest,
    heardMs: heardMs.map((ms) => ms + byMs),
    firstDeltasMs: firstDeltasMs.map((ms) => ms + byMs),
    speechStartedMs: speechStartedMs.map((ms) => ms + byMs),
  };
}

function joinCall(
  caller: CallerMarks,
  { session, timings, delays }: {
    readonly session: SessionMarks | undefined;
    readonly timings: Timings;
    readonly delays: Delays & { unheard: number };
  },
): void {
  const isInside = (ms: number) => ms >= timings.fromMs && ms < timings.toMs;
  const heard = new Map(
    session?.heard.map((number, i) => [number, session.heardMs[i]]),
  );
  caller.sent.forEach((number, i) => {
    const leftMs = caller.sentMs[i];
    if (!isInside(leftMs)) return;
    const cameMs = heard.get(number);
    if (cameMs === undefined) delays.unheard++;
    else delays.uplink.push(cameMs - leftMs);
  });
  if (session === undefined) return;
  const readyMs = (caller.sentMs[0] ?? Infinity) + SETTLED_MS;
  const timed = session.firstDeltasMs.filter((ms) =>
    isInside(ms) && ms > readyMs
  );
  joinDownlink(timed, caller.firstFramesMs, delays.downlink);
  for (const noticeMs of session.speechStartedMs) {
    if (!isInside(noticeMs)) continue;
    const run = caller.runs.find(({ fromMs, toMs }) =>
      fromMs <= noticeMs && noticeMs <= toMs + FRAME_PAUSE_MS
    );
    if (run === undefined) continue;
    delays.bargeIn.push(Math.max(0, run.toMs - noticeMs));
  }
}

function joinDownlink(
  leftMs: readonly number[],
  cameMs: readonly number[],
  delays: number[],
): void {
  let next = 0;
  for (const left of leftMs) {
    while (next < cameMs.length && cameMs[next] < left) next++;
    if (next < cameMs.length && cameMs[next] - left < LATEST_MS) {
      delays.push(cameMs[next] - left);
    }
  }
}
