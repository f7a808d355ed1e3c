import { Caller, type LineAudio } from "./caller.ts";
import { answerQuestions } from "./command_lines.ts";
import { addCounts, NO_FRAMES } from "./frame_counts.ts";
import { Lines } from "./lines.ts";
import type {
  CallEntry,
  CallerCounts,
  CallerMarks,
  ChurnCalls,
  Churned,
  HungUp,
  PlaceCalls,
  Placed,
} from "./wire.ts";

/** A call that is not answered by then counts as refused. */
const PATIENCE_MS = 20_000;
/** Shortest pause between two looks at the clock. */
const PAUSE_MS = 2;

/** The callers of a capacity run, in a process of their own. */
const lines = new Lines();
let callers: Caller[] = [];

await answerQuestions({ place, count, marks, hangUp, churn });
await lines.close();

function makeCaller(
  given: CallEntry & Pick<PlaceCalls, "profile" | "rateHz">,
  name: number,
): Caller {
  const place = (audio: LineAudio) => lines.place(given, given.rateHz, audio);
  return new Caller({ ...given, name, place });
}

async function place(given: PlaceCalls): Promise<Placed> {
  const firstPlacedMs = performance.now();
  const fresh: Caller[] = [];
  while (fresh.length < given.calls) {
    const elapsedMs = performance.now() - firstPlacedMs;
    const due = 1 + Math.floor(elapsedMs * given.perSecond / 1000);
    while (fresh.length < Math.min(due, given.calls)) {
      const name = given.firstName + fresh.length;
      fresh.push(makeCaller(given, name));
    }
    await pause(PAUSE_MS);
  }
  callers.push(...fresh);
  return await describePlacing(fresh, firstPlacedMs);
}

async function describePlacing(
  fresh: readonly Caller[],
  firstPlacedMs: number,
): Promise<Placed> {
  const setupMs: number[] = [];
  const refused: Record<string, number> = {};
  let lastAnsweredMs = firstPlacedMs;
  const placed = fresh.map(({ call }) =>
    call.answered.then((ms) => {
      setupMs.push(ms);
      lastAnsweredMs = performance.now();
    }, async () => add(refused, (await call.ended).cause))
  );
  await within(PATIENCE_MS, Promise.all(placed));
  const silent = fresh.length - setupMs.length - sum(Object.values(refused));
  if (silent > 0) refused["no answer in time"] = silent;
  return { setupMs, firstPlacedMs, lastAnsweredMs, refused };
}

function count(): CallerCounts {
  const { ticks, lateTicks, skippedTicks } = lines.lateness;
  return {
    open: lines.open,
    answered: callers.filter(({ answered }) => answered).length,
    down: callers.reduce(
      (all, { reader }) => addCounts(all, reader.counts),
      NO_FRAMES,
    ),
    underruns: sum(callers.map(({ reader }) => reader.underruns)),
    hurriedUnderruns: sum(callers.map((c) => c.reader.hurriedUnderruns)),
    sent: sum(callers.map(({ call }) => call.stats.framesSent)),
    ticks,
    lateTicks,
    skippedTicks,
    unsent: sum(callers.map(({ call }) => call.stats.unsent)),
  };
}

function marks(): CallerMarks[] {
  return callers.filter(({ answered }) => answered).map((c) => c.marks());
}

async function hangUp(): Promise<HungUp> {
  const endedEarly: Record<string, number> = {};
  for (const { answered, outcome } of callers) {
    if (answered && outcome !== undefined) add(endedEarly, outcome.cause);
  }
  for (const { call } of callers) call.hangUp();
  await Promise.all(callers.map(({ call }) => call.ended));
  callers = [];
  return { endedEarly, violations: lines.violations };
}

async function churn(given: ChurnCalls): Promise<Churned> {
  const ended: Record<string, number> = {};
  const setupMs: number[] = [];
  let placed = 0;
  const line = async () => {
    while (placed < given.calls) {
      const name = given.firstName + placed++;
      const caller = makeCaller(given, name);
      caller.call.answered.then((ms) => setupMs.push(ms), () => {});
      await within(PATIENCE_MS, caller.hears);
      caller.call.hangUp();
      add(ended, (await caller.call.ended).cause);
    }
  };
  await Promise.all(Array.from({ length: given.atOnce }, line));
  return { ended, setupMs };
}

function add(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work, late.promise]);
  clearTimeout(timer);
}
