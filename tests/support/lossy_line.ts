import { UplinkTimeline } from "../../src/media/uplink_timeline.ts";

/** How often our clock looks. */
const TICK_MS = 20;
const FRAME_BYTES = 4;

/** What a line does to the frames of one caller. */
export interface LossyLine {
  /** Frames that FreeSWITCH sends, one each frame time by its own clock. */
  readonly frames: number;
  /** 20 unless told. */
  readonly frameMs?: number;
  /** FreeSWITCH's clock is this much slower than ours. */
  readonly slowPpm?: number;
  readonly isLost?: (frame: number) => boolean;
  /** How long the network takes for a frame, in milliseconds; nothing overtakes. */
  readonly delayMs?: (frame: number) => number;
  /** Times by our clock, in milliseconds from the first frame, in which our process stands still. */
  readonly pauses?: readonly (readonly [fromMs: number, toMs: number])[];
}

/** What came out: numbers of frames that came, and -1 for one that was made up; and when, by our clock. */
export interface Carried {
  readonly stream: readonly number[];
  readonly timesMs: readonly number[];
  readonly concealed: number;
  /** By how much more frames were put out than FreeSWITCH had sent, at the most and at the least. */
  readonly mostAhead: number;
  readonly mostBehind: number;
}

type Event = readonly [atMs: number, frame: number];

/** Sends frames over a line into an {@linkcode UplinkTimeline}; time is made up. */
export function carryFrames(line: LossyLine): Carried {
  const events = eventsOf(line);
  const stream: number[] = [];
  const timesMs: number[] = [];
  let nowMs = 0;
  let tickedMs = 0;
  let mostAhead = -Infinity;
  let mostBehind = -Infinity;
  const put = (frame: number) => {
    stream.push(frame);
    timesMs.push(nowMs);
  };
  const timeline = new UplinkTimeline({
    give: (bytes) => put(new DataView(bytes.buffer).getInt32(0)),
    conceal: () => put(-1),
  }, { frameBytes: FRAME_BYTES, frameMs: line.frameMs ?? 20 });
  for (const [atMs, frame] of events) {
    nowMs = atMs;
    if (frame < 0) {
      timeline.tick(atMs, atMs - tickedMs);
      tickedMs = atMs;
    } else timeline.arrive(bytesOf(frame), atMs);
    const sent = Math.min(line.frames, 1 + Math.floor(atMs / frameMsOf(line)));
    mostAhead = Math.max(mostAhead, stream.length - sent);
    mostBehind = Math.max(mostBehind, sent - stream.length);
  }
  const concealed = timeline.concealedFrames;
  return { stream, timesMs, concealed, mostAhead, mostBehind };
}

function frameMsOf({ frameMs = 20, slowPpm = 0 }: LossyLine): number {
  return frameMs * (1 + slowPpm / 1e6);
}

function bytesOf(frame: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES);
  new DataView(bytes.buffer).setInt32(0, frame);
  return bytes;
}

/** Frames, and looks of our clock as frame -1, in the order in which our process meets them. */
function eventsOf(line: LossyLine): Event[] {
  const { frames, isLost = () => false, delayMs = () => 0 } = line;
  const events: Event[] = [];
  let lastMs = 0;
  for (let frame = 0; frame < frames; frame++) {
    if (isLost(frame)) continue;
    lastMs = Math.max(lastMs, frame * frameMsOf(line) + delayMs(frame));
    events.push([afterPause(line, lastMs), frame]);
  }
  const endMs = frames * frameMsOf(line);
  for (let atMs = 7; atMs < endMs;) {
    events.push([atMs, -1]);
    atMs = afterPause(line, atMs + TICK_MS);
  }
  // A look that is due when the process wakes comes before what waits in its socket.
  return events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
}

function afterPause({ pauses = [] }: LossyLine, atMs: number): number {
  for (const [fromMs, toMs] of pauses) {
    if (atMs >= fromMs && atMs < toMs) return toMs;
  }
  return atMs;
}
