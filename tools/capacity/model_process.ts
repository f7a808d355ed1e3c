import {
  startStepFun,
  type StepFun,
} from "../../src/simulator/stepfun/start_stepfun.ts";
import { createPolledListen } from "../../src/simulator/tcp/polled_listener.ts";
import { answerQuestions } from "./command_lines.ts";
import { addCounts, type FrameCounts, NO_FRAMES } from "./frame_counts.ts";
import { numberedSpeech } from "./level_code.ts";
import {
  ANSWER_FRAMES,
  DELTA_MS,
  DUPLEX_PERIOD_MS,
  LEAD_MS,
  PAUSE_MS,
} from "./profile.ts";
import { INPUT_RATE_HZ, SessionListener } from "./session_listener.ts";
import type { ModelCounts, SessionMarks, StartModel } from "./wire.ts";

const OUTPUT_RATE_HZ = 24_000;
/** In turns the model speaks faster than it is heard, as the live one does. */
const TURNS_FACTOR = 8;
const WAKE_MS = 10;
/** How often the connections are looked at: so much of a delay may be our own. */
const POLL_MS = 2;
/** Spreads the sessions evenly over a period, however many there are. */
const GOLDEN = 0.618_033_988_7;

/** The speech model of a capacity run, in a process of its own. */
const wakes = { wakes: 0, lateWakes: 0 };
let listeners = new Map<number, SessionListener>();
let past: FrameCounts = NO_FRAMES;
let errors = 0;
let stepFun: StepFun | undefined;

watchLoop();
await answerQuestions({ start, count, marks, forget });
await stepFun?.close();
Deno.exit(0);

function start(given: StartModel): { url: string; port: number } {
  const { profile, spread, port } = given;
  const samples = numberedSpeech(ANSWER_FRAMES[profile], OUTPUT_RATE_HZ);
  stepFun = startStepFun({
    mode: profile === "duplex" ? "duplex" : "wav",
    wavs: [{ samples, rateHz: OUTPUT_RATE_HZ }],
    deltaMs: DELTA_MS,
    realtimeFactor: profile === "duplex" ? 1 : TURNS_FACTOR,
    leadMs: LEAD_MS,
    pauseMs: PAUSE_MS,
    phaseMs: (index) => spread ? index * GOLDEN % 1 * DUPLEX_PERIOD_MS : 0,
    port,
    reusePort: true,
    listen: createPolledListen({ pollMs: POLL_MS }) ?? Deno.listen,
    maxSessions: 100_000,
    inputRateHz: INPUT_RATE_HZ,
    outputRateHz: OUTPUT_RATE_HZ,
    onAudio: (index, chunk, timeMs) => of(index).reader.read(chunk, timeMs),
    onSent: (index, event, timeMs) => of(index).note(event, timeMs),
    onSessionEnd: ({ counts }) => {
      errors += counts.errors;
    },
  });
  return { url: stepFun.url, port: stepFun.port };
}

function count(): ModelCounts {
  const readers = [...listeners.values()].map(({ reader }) => reader.counts);
  const open = stepFun?.sessions() ?? [];
  return {
    sessions: open.length,
    up: readers.reduce(addCounts, past),
    errors: open.reduce((sum, { counts }) => sum + counts.errors, errors),
    ...wakes,
  };
}

function marks(): SessionMarks[] {
  return [...listeners.values()].map((listener) => listener.marks());
}

/** Keeps the counts and lets go of everything else: the sessions are over. */
function forget(): void {
  past = count().up;
  listeners = new Map();
}

function of(index: number): SessionListener {
  let listener = listeners.get(index);
  if (listener === undefined) {
    listener = new SessionListener();
    listeners.set(index, listener);
  }
  return listener;
}

function watchLoop(): void {
  let lastMs = performance.now();
  setInterval(() => {
    const nowMs = performance.now();
    wakes.wakes++;
    if (nowMs - lastMs > 2 * WAKE_MS) wakes.lateWakes++;
    lastMs = nowMs;
  }, WAKE_MS);
}
