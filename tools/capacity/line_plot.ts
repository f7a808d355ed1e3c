/** A line of a plot. */
export interface PlotLine {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A plot and what stands at its axes. */
export interface Plot {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly lines: readonly PlotLine[];
  /** A limit, drawn across. */
  readonly limit?: number;
}

const WIDTH = 420;
const HEIGHT = 260;
const LEFT = 56;
const RIGHT = 12;
const TOP = 30;
const BOTTOM = 56;
const TICKS = 4;
const COLORS = ["#2563eb", "#d97706", "#059669", "#dc2626", "#7c3aed"];

/** Draws lines over calls as an SVG element that needs nothing else. */
export function drawPlot(plot: Plot): string {
  const lines = plot.lines
    .map(({ name, points }) => ({
      name,
      points: points.filter(([, y]) => Number.isFinite(y)),
    }))
    .filter(({ points }) => points.length > 0);
  const all = lines.flatMap(({ points }) => points);
  const scale = {
    x: roundUp(Math.max(1, ...all.map(([x]) => x))),
    y: roundUp(Math.max(1e-9, plot.limit ?? 0, ...all.map(([, y]) => y))),
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${
    escape(plot.title)
  }"><text x="${LEFT}" y="18" class="title">${escape(plot.title)}</text>${
    drawAxes(plot, scale)
  }${drawLimit(plot.limit, scale)}${
    lines.map((line, i) => drawLine(line, i, scale)).join("")
  }</svg>`;
}

/** Text that may stand in HTML and SVG. */
export function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

type Scale = { readonly x: number; readonly y: number };

function drawAxes({ xTitle, yTitle }: Plot, scale: Scale): string {
  const parts: string[] = [];
  for (let tick = 0; tick <= TICKS; tick++) {
    const x = scale.x * tick / TICKS;
    const y = scale.y * tick / TICKS;
    const [px, py] = [atX(x, scale), atY(y, scale)];
    parts.push(
      `<path d="M${LEFT} ${py}H${WIDTH - RIGHT}" class="grid"/>`,
      `<text x="${LEFT - 6}" y="${py + 4}" class="y">${short(y)}</text>`,
      `<text x="${px}" y="${HEIGHT - BOTTOM + 16}" class="x">${
        short(x)
      }</text>`,
    );
  }
  const middle = (LEFT + WIDTH - RIGHT) / 2;
  parts.push(
    `<text x="${middle}" y="${HEIGHT - BOTTOM + 32}" class="x">${
      escape(xTitle)
    }</text>`,
    `<text x="${WIDTH - RIGHT}" y="18" class="y">${escape(yTitle)}</text>`,
  );
  return parts.join("");
}

function drawLimit(limit: number | undefined, scale: Scale): string {
  if (limit === undefined) return "";
  return `<path d="M${LEFT} ${atY(limit, scale)}H${
    WIDTH - RIGHT
  }" class="limit"/>`;
}

function drawLine(line: PlotLine, index: number, scale: Scale): string {
  const color = COLORS[index % COLORS.length];
  const points = line.points.map(([x, y]) => [atX(x, scale), atY(y, scale)]);
  const path = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x} ${y}`);
  const dots = points.map(([x, y]) =>
    `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`
  );
  const x = LEFT + index * 120;
  const y = HEIGHT - 8;
  return `<path d="${
    path.join("")
  }" fill="none" stroke="${color}" stroke-width="2"/>${
    dots.join("")
  }<rect x="${x}" y="${
    y - 9
  }" width="10" height="10" fill="${color}"/><text x="${x + 14}" y="${y}">${
    escape(line.name)
  }</text>`;
}

function atX(x: number, scale: Scale): number {
  return round(LEFT + (WIDTH - LEFT - RIGHT) * x / scale.x);
}

function atY(y: number, scale: Scale): number {
  return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / scale.y);
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

/** The next of 1, 2, 4, 5 and 8 times a power of ten: its quarters are short. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 4, 5, 8, 10].find((s) => s * power >= value * 0.9999);
  return (step ?? 10) * power;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}
