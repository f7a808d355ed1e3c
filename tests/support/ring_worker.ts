import { Doorbell, DoorbellChime } from "../../src/ring/doorbell.ts";
import { FrameProducer } from "../../src/ring/frame_ring.ts";
import { type RingPlace, ringsOf } from "../../src/ring/layout.ts";
import { patternFrame } from "./ring_frames.ts";
import { between, seededRandom, spin } from "./seeded_random.ts";

/** What the other thread of a ring's test is to do. */
export type RingTask =
  | {
    readonly task: "produce";
    readonly rings: RingPlace;
    readonly seed: number;
    readonly frames: number;
    readonly frameSamples: number;
    /** Whether to flush now and then. */
    readonly flush: boolean;
  }
  | {
    readonly task: "chime";
    readonly doorbell: SharedArrayBuffer;
    /** Word 0: how many presses the chime has told, -1 until it listens. */
    readonly words: SharedArrayBuffer;
    readonly until: number;
  }
  | {
    readonly task: "press";
    readonly doorbell: SharedArrayBuffer;
    /** Word 0: 1 once it presses, 2 when it has. Word 1: how many presses the chime has heard of. */
    readonly words: SharedArrayBuffer;
    readonly call: number;
    readonly presses: number;
  };

/** Presses that a bell remembers for certain. */
const MOST_UNHEARD = 1000;

/** How a producer fared. */
export interface ProducerReport {
  /** Times that the ring was full. */
  readonly refusals: number;
  readonly countedRefusals: number;
  /** Where each flush was asked for, and where the consumer obeyed. */
  readonly flushes: Array<{ mark: number; at: number }>;
}

/** The checks see the main thread's globals. */
interface WorkerGlobals {
  onmessage: (event: MessageEvent<RingTask>) => void;
  postMessage(message: unknown): void;
}
const thread = globalThis as unknown as WorkerGlobals;

thread.onmessage = async ({ data: work }) => {
  if (work.task === "produce") thread.postMessage(produce(work));
  else if (work.task === "press") thread.postMessage(press(work));
  else thread.postMessage(await answer(work));
};

function produce(work: Extract<RingTask, { task: "produce" }>) {
  const random = seededRandom(work.seed);
  const region = ringsOf(work.rings).downlink;
  const ring = new FrameProducer(region, work.frameSamples);
  const flushes: ProducerReport["flushes"] = [];
  let refusals = 0;
  while (ring.writeIndex < work.frames) {
    const frame = patternFrame(work.frameSamples, ring.writeIndex);
    if (!ring.put(frame)) refusals++;
    if (work.flush && random() < 0.05) flushes.push(flush(ring));
    if (random() < 0.1) spin(random, between(random, 0, 20_000));
  }
  return { refusals, countedRefusals: ring.refusedFrames, flushes };
}

function flush(ring: FrameProducer): { mark: number; at: number } {
  ring.flush();
  let at = ring.flushedAt;
  while (at === undefined) at = ring.flushedAt;
  return { mark: ring.writeIndex, at };
}

function press(work: Extract<RingTask, { task: "press" }>): number {
  const button = new Doorbell(work.doorbell).button(work.call);
  const words = new Int32Array(work.words);
  const random = seededRandom(1);
  Atomics.store(words, 0, 1);
  const bell = new Int32Array(work.doorbell);
  for (let i = 0; i < work.presses; i++) {
    while (Atomics.load(bell, 0) - Atomics.load(words, 1) > MOST_UNHEARD);
    button.press();
    spin(random, 100);
  }
  Atomics.store(words, 0, 2);
  return work.presses;
}

async function answer(work: Extract<RingTask, { task: "chime" }>) {
  const chime = new DoorbellChime(work.doorbell);
  const words = new Int32Array(work.words);
  let told = 0;
  Atomics.store(words, 0, 0);
  while (told < work.until) {
    const before = told;
    const isWhole = chime.calls(() => told++);
    // One that was in the middle of it is told by that alone.
    if (!isWhole) told = new Int32Array(work.doorbell)[0];
    if (told > before) Atomics.store(words, 0, told);
    else await Promise.resolve();
  }
  return told;
}
