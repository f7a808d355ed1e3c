/** One direction of a call as it is drawn. */
export interface Lane {
  readonly title: string;
  readonly color: string;
  readonly samples: Int16Array;
}

/** A moment that is marked across both lanes. */
export interface Mark {
  readonly atMs: number;
  readonly label: string;
}

/** What a picture shows. */
export interface Timeline {
  readonly title: string;
  readonly rateHz: number;
  readonly lanes: readonly Lane[];
  readonly marks: readonly Mark[];
}

const WIDTH = 1200;
const LEFT = 20;
const LANE_HEIGHT = 120;
const TOP = 110;
const GAP = 30;

/** Draws both directions of a call over time, as an SVG document. */
export function drawTimeline(timeline: Timeline): string {
  const { lanes, rateHz, marks, title } = timeline;
  const samples = Math.max(1, ...lanes.map((lane) => lane.samples.length));
  const seconds = samples / rateHz;
  const perSecond = (WIDTH - 2 * LEFT) / seconds;
  const bottom = TOP + lanes.length * (LANE_HEIGHT + GAP);
  const height = bottom + 40;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-size="16" fill="#111827">${
      escape(title)
    }</text>`,
    ...drawAxis(seconds, perSecond, bottom),
    ...lanes.flatMap((lane, i) =>
      drawLane(lane, { top: TOP + i * (LANE_HEIGHT + GAP), perSecond, rateHz })
    ),
    ...marks.flatMap((mark, i) => drawMark(mark, { i, perSecond, bottom })),
    "</svg>",
  ];
  return parts.join("\n") + "\n";
}

function drawLane(
  lane: Lane,
  at: {
    readonly top: number;
    readonly perSecond: number;
    readonly rateHz: number;
  },
): string[] {
  const middle = at.top + LANE_HEIGHT / 2;
  const perPixel = Math.max(1, Math.floor(at.rateHz / at.perSecond));
  const bars: string[] = [];
  for (let i = 0; i < lane.samples.length; i += perPixel) {
    const x = LEFT + i / at.rateHz * at.perSecond;
    const level = peak(lane.samples, i, perPixel) / 32768 * LANE_HEIGHT / 2;
    bars.push(
      `M${x.toFixed(1)} ${(middle - level).toFixed(1)}V${
        (middle + Math.max(level, 0.4)).toFixed(1)
      }`,
    );
  }
  return [
    `<text x="${LEFT}" y="${at.top - 6}" fill="#374151">${
      escape(lane.title)
    }</text>`,
    `<path d="${
      bars.join("")
    }" stroke="${lane.color}" stroke-width="1" fill="none"/>`,
  ];
}

function drawAxis(
  seconds: number,
  perSecond: number,
  bottom: number,
): string[] {
  const parts: string[] = [];
  const step = seconds > 40 ? 5 : 1;
  for (let second = 0; second <= seconds; second += step) {
    const x = (LEFT + second * perSecond).toFixed(1);
    parts.push(
      `<path d="M${x} ${TOP - 16}V${bottom}" stroke="#e5e7eb"/>`,
      `<text x="${x}" y="${
        bottom + 18
      }" fill="#6b7280" text-anchor="middle">${second} s</text>`,
    );
  }
  return parts;
}

function drawMark(
  mark: Mark,
  at: {
    readonly i: number;
    readonly perSecond: number;
    readonly bottom: number;
  },
): string[] {
  const x = LEFT + mark.atMs / 1000 * at.perSecond;
  const y = 46 + (at.i % 3) * 16;
  const anchor = x > WIDTH - 200 ? "end" : "start";
  const shift = anchor === "end" ? -4 : 4;
  return [
    `<path d="M${x.toFixed(1)} ${
      y - 8
    }V${at.bottom}" stroke="#dc2626" stroke-dasharray="4 3"/>`,
    `<text x="${
      (x + shift).toFixed(1)
    }" y="${y}" fill="#dc2626" text-anchor="${anchor}">${
      escape(mark.label)
    }</text>`,
  ];
}

function peak(samples: Int16Array, from: number, count: number): number {
  let highest = 0;
  const to = Math.min(samples.length, from + count);
  for (let i = from; i < to; i++) {
    highest = Math.max(highest, Math.abs(samples[i]));
  }
  return highest;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
