import { type DemoCall, RATE_HZ } from "./demo_call.ts";
import { drawTimeline, type Mark } from "./timeline_svg.ts";

/** What the picture of a demo is made of. */
export interface PictureOptions {
  readonly call: DemoCall;
  readonly speech: Int16Array;
  /** Since the call was placed. */
  readonly interruptedMs: readonly number[];
}

/** Draws what the caller said and heard, on one scale from the first frame of audio. */
export function drawDemo(options: PictureOptions): string {
  const { call, interruptedMs } = options;
  const { moments, tapeStartMs } = call;
  const marks: Mark[] = [];
  const mark = (atMs: number | undefined, label: string) => {
    if (atMs !== undefined) marks.push({ atMs: atMs - tapeStartMs, label });
  };
  mark(moments.greeting, "the assistant greets");
  mark(moments.speaks, "the caller begins");
  for (const atMs of interruptedMs) mark(atMs, "the caller interrupts");
  mark(moments.silent, "the caller has finished");
  mark(moments.answer, "the assistant answers");
  return drawTimeline({
    title: `One call, ${
      (call.said.length / RATE_HZ).toFixed(1)
    } s: what the caller said and heard`,
    rateHz: RATE_HZ,
    lanes: [
      {
        title: "said (caller → model)",
        color: "#2563eb",
        samples: call.said.slice(),
      },
      {
        title: "heard (model → caller)",
        color: "#059669",
        samples: call.heard.slice(),
      },
    ],
    marks,
  });
}
