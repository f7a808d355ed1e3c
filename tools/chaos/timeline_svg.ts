import type { Span } from "./heard_line.ts";

/** One caller's line of the picture. */
export interface TimelineCall {
  readonly name: string;
  /** When it was there; all times in milliseconds of `performance.now`. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly heard: readonly Span[];
}

/** The picture of one scenario. */
export interface ChaosTimeline {
  readonly title: string;
  readonly calls: readonly TimelineCall[];
  readonly marks: readonly { readonly atMs: number; readonly label: string }[];
}

const WIDTH = 1200;
const LEFT = 20;
const TOP = 76;
const MOST_LABELS = 24;
const HEARD = "#2563eb";
const GAP = "#f59e0b";
const FAULT = "#dc2626";

/** Draws scenarios below each other: a line for each call, dark where the assistant was heard, as an SVG document. */
export function drawTimelines(timelines: readonly ChaosTimeline[]): string {
  const parts: string[] = [];
  let top = 0;
  for (const timeline of timelines) {
    const height = heightOf(timeline);
    parts.push(`<g transform="translate(0 ${top})">`);
    parts.push(...drawOne(timeline, height), "</g>");
    top += height;
  }
  const size = `width="${WIDTH}" height="${top}" viewBox="0 0 ${WIDTH} ${top}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${top}" fill="#ffffff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** Few calls get thick lines, many get thin ones. */
function rowHeight({ calls }: ChaosTimeline): number {
  return Math.max(2, Math.min(12, Math.floor(480 / Math.max(1, calls.length))));
}

function heightOf(timeline: ChaosTimeline): number {
  return TOP + timeline.calls.length * rowHeight(timeline) + 44;
}

function drawOne(timeline: ChaosTimeline, height: number): string[] {
  const { title, calls, marks } = timeline;
  const fromMs = Math.min(...calls.map((call) => call.fromMs));
  const toMs = Math.max(...calls.map((call) => call.toMs));
  const scale = (WIDTH - 2 * LEFT) / Math.max(1, toMs - fromMs);
  const xOf = (ms: number) => LEFT + (ms - fromMs) * scale;
  const bottom = height - 36;
  return [
    `<text x="${LEFT}" y="24" font-size="16" fill="#111827">${
      escape(title)
    }</text>`,
    ...drawAxis({ seconds: (toMs - fromMs) / 1000, scale, bottom }),
    ...drawCalls(timeline, xOf),
    ...marks.flatMap((mark, index) =>
      drawMark(mark.label, { x: xOf(mark.atMs), index, bottom })
    ),
  ];
}

function drawCalls(
  timeline: ChaosTimeline,
  xOf: (ms: number) => number,
): string[] {
  const row = rowHeight(timeline);
  const gaps: string[] = [];
  const heard: string[] = [];
  for (const [index, call] of timeline.calls.entries()) {
    const y = TOP + index * row + row / 2;
    const line = (fromMs: number, toMs: number) =>
      `M${xOf(fromMs).toFixed(1)} ${y}H${xOf(toMs).toFixed(1)}`;
    gaps.push(line(call.fromMs, call.toMs));
    for (const span of call.heard) heard.push(line(span.fromMs, span.toMs));
  }
  const width = Math.max(1, row - 1);
  return [
    `<path d="${gaps.join("")}" stroke="${GAP}" stroke-width="${
      width / 2
    }" fill="none"/>`,
    `<path d="${
      heard.join("")
    }" stroke="${HEARD}" stroke-width="${width}" fill="none"/>`,
  ];
}

function drawAxis(
  at: {
    readonly seconds: number;
    readonly scale: number;
    readonly bottom: number;
  },
): string[] {
  const step = [1, 5, 10, 30, 60, 300].find((s) => at.seconds / s <= 30) ?? 600;
  const parts: string[] = [];
  for (let second = 0; second <= at.seconds; second += step) {
    const x = (LEFT + second * 1000 * at.scale).toFixed(1);
    parts.push(
      `<path d="M${x} ${TOP - 8}V${at.bottom}" stroke="#e5e7eb"/>`,
      `<text x="${x}" y="${
        at.bottom + 16
      }" fill="#6b7280" text-anchor="middle">${second} s</text>`,
    );
  }
  return parts;
}

function drawMark(
  label: string,
  at: { readonly x: number; readonly index: number; readonly bottom: number },
): string[] {
  const x = at.x.toFixed(1);
  const line = `<path d="M${x} ${
    TOP - 12
  }V${at.bottom}" stroke="${FAULT}" stroke-dasharray="4 3" stroke-opacity="0.6"/>`;
  // A storm has more faults than words have room.
  if (at.index >= MOST_LABELS) return [line];
  const y = 42 + at.index % 2 * 14;
  const end = at.x > WIDTH - 200;
  return [
    line,
    `<text x="${x}" y="${y}" fill="${FAULT}" text-anchor="${
      end ? "end" : "start"
    }">${escape(label)}</text>`,
  ];
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
