import type { CallOutcome } from "../../src/simulator/freeswitch/call_options.ts";
import { type Alignment, alignSpeech } from "../../src/simulator/similarity.ts";
import { sumMetric } from "../metrics_text.ts";
import { drawTable } from "../table.ts";
import { type DemoCall, RATE_HZ } from "./demo_call.ts";
import { findSentences } from "./sentences.ts";

/** Below this, what was heard is not what was said. */
const LEAST_SIMILARITY = 0.98;
/** A longer pause inside an answer is no short one; a machine that stands still makes one. */
const LONGEST_PAUSE_MS = 500;
/** Callers notice when the assistant talks on for longer. */
const LONGEST_STOP_MS = 60;

/** What a demo leaves behind. */
export interface DemoResult {
  readonly calls: readonly DemoCall[];
  readonly outcomes: readonly CallOutcome[];
  readonly speech: Int16Array;
  /** The server's own, as text. */
  readonly metrics: string;
  /** Times that FreeSWITCH was misused. */
  readonly violations: number;
  readonly exitCode: number;
}

/** A table, and what was not as it should be. */
export interface DemoReport {
  readonly table: string;
  readonly problems: readonly string[];
}

/** Sums up a demo: worst value of all calls, and what is wrong. */
export function reportDemo(result: DemoResult): DemoReport {
  const { calls, metrics } = result;
  const answers = calls.map((call) => alignLastAnswer(call, result.speech));
  const similarity = Math.min(...answers.map((each) => each.correlation));
  const pauseMs = Math.max(0, ...answers.flatMap((each) => each.shiftsMs));
  const bargeIns = sumMetric(metrics, "vapi_barge_in_stop_seconds_count");
  const stopMs = 1000 * sumMetric(metrics, "vapi_barge_in_stop_seconds_sum") /
    bargeIns;
  const framesSent = calls.reduce((sum, c) => sum + c.stats.framesSent, 0);
  const framesGot = sumMetric(metrics, "vapi_audio_frames_total", "uplink");
  const missed = sumMetric(metrics, "vapi_playout_underrun_frames_total");
  // The frame under way when the caller hangs up reaches nobody.
  const lost = Math.max(0, framesSent - framesGot - calls.length);
  const rows = [
    ["calls", `${calls.length}`],
    ["set-up: call placed → answered", worst(calls, (m) => m.answered)],
    [
      "first audio: answered → greeting heard",
      worst(calls, ({ greeting, answered }) => minus(greeting, answered)),
    ],
    [
      "answer: caller silent → answer heard",
      worst(calls, ({ answer, silent }) => minus(answer, silent)),
    ],
    ["barge-ins", `${bargeIns}`],
    ["barge-in stop (mean)", milliseconds(stopMs)],
    ["frames from the caller", `${framesSent}`],
    ["frames lost on the way up", `${lost}`],
    ["frames missing inside speech", `${missed}`],
    ["longest pause inside the answer", milliseconds(pauseMs)],
    ["heard like said (correlation)", similarity.toFixed(4)],
  ];
  return {
    table: drawTable(["what", calls.length > 1 ? "worst call" : "value"], rows),
    problems: [
      ...findProblems(result),
      ...check(lost === 0, `${lost} frames were lost`),
      ...check(
        pauseMs <= LONGEST_PAUSE_MS,
        `the answer had a pause of ${milliseconds(pauseMs)}`,
      ),
      ...check(
        bargeIns >= calls.length,
        `only ${bargeIns} of ${calls.length} callers could interrupt`,
      ),
      ...check(
        !(stopMs > LONGEST_STOP_MS),
        `the assistant spoke on for ${milliseconds(stopMs)} after a barge-in`,
      ),
      ...check(
        similarity > LEAST_SIMILARITY,
        `what was heard differs from what was said: ${similarity.toFixed(4)}`,
      ),
    ],
  };
}

function findProblems(result: DemoResult): string[] {
  const { outcomes, violations, exitCode } = result;
  const bad = outcomes.filter(({ cause }) => cause !== "NORMAL_CLEARING");
  return [
    ...check(
      bad.length === 0,
      `${bad.length} calls ended with ${
        bad.map(({ cause }) => cause).join(" ")
      }`,
    ),
    ...check(violations === 0, `FreeSWITCH was misused ${violations} times`),
    ...check(exitCode === 0, `the server ended with code ${exitCode}`),
  ];
}

function check(good: boolean, problem: string): string[] {
  return good ? [] : [problem];
}

/** How the caller's last sentence is heard as its echo. */
function alignLastAnswer(call: DemoCall, speech: Int16Array): Alignment {
  const last = findSentences(speech, RATE_HZ).at(-1);
  const { answer } = call.moments;
  if (last === undefined || answer === undefined) {
    return { correlation: 0, shiftsMs: [] };
  }
  const answerMs = Math.max(0, answer - call.tapeStartMs - 1000);
  const heard = call.heard.slice(Math.floor(answerMs * RATE_HZ / 1000));
  const said = speech.subarray(last.from, last.to);
  return alignSpeech(said, heard, RATE_HZ);
}

function worst(
  calls: readonly DemoCall[],
  read: (moments: DemoCall["moments"]) => number | undefined,
): string {
  const values = calls.map((call) => read(call.moments));
  const known = values.filter((value) => value !== undefined);
  if (known.length < values.length) return "never";
  return milliseconds(Math.max(...known));
}

function minus(later?: number, earlier?: number): number | undefined {
  if (later === undefined || earlier === undefined) return undefined;
  return later - earlier;
}

function milliseconds(value: number): string {
  return Number.isFinite(value) ? `${Math.round(value)} ms` : "–";
}
