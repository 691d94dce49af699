import type { Bar, Panel } from "./panels.ts";

/** Everything in pixels. */
const size = {
  width: 760,
  columns: 2,
  margin: 16,
  title: 24,
  bar: 14,
  row: 20,
  labels: 164,
  numbers: 52,
  below: 18,
} as const;

/** Beyond so many times samewire's bar, one is broken off: the number tells the rest. */
const longest = 10;

/** Legible on a light page and on a dark one. */
const style = `
text { font: 12px system-ui, sans-serif; fill: #1f2328; }
.title { font-weight: 600; }
.label { text-anchor: end; }
.ours { fill: #0969da; }
.other { fill: #afb8c1; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.ours { fill: #4493f8; }
.other { fill: #545d68; }
}
`;

/** Draws comparisons as bars, shorter being better, as SVG that says the same in words. */
export function picture(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / size.columns);
  const tops: number[] = [];
  let height: number = size.margin;
  for (let row = 0; row < rows; row++) {
    tops.push(height);
    const bars = panels.slice(row * size.columns, (row + 1) * size.columns).map((panel) => panel.bars.length);
    height += size.title + Math.max(...bars) * size.row + size.below;
  }
  const drawn = panels.map((panel, at) => {
    const left = (at % size.columns) * (size.width / size.columns);
    return drawPanel(panel, left, tops[Math.floor(at / size.columns)] as number);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" role="img" aria-labelledby="title desc">`,
    '<title id="title">Seconds that samewire and others take for the same work</title>',
    `<desc id="desc">${escaped(panels.map(inWords).join(" "))}</desc>`,
    `<style>${style}</style>`,
    ...drawn,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, bars }: Panel, left: number, top: number): string {
  const ours = Math.max(...bars.filter(({ isOurs }) => isOurs).map(({ ms }) => ms));
  const most = Math.min(Math.max(...bars.map(({ ms }) => ms)), longest * ours);
  const space = size.width / size.columns - size.labels - size.numbers - size.margin;
  const drawn = bars.map((bar, at) => {
    const width = Math.max(1, (Math.min(bar.ms, most) / most) * space);
    return drawBar(bar, { left: left + size.labels, top: top + size.title + at * size.row, width }, bar.ms > most);
  });
  return [
    `<g>`,
    `<text class="title" x="${left + size.margin}" y="${top + size.bar}">${escaped(title)}</text>`,
    ...drawn,
    "</g>",
  ].join("\n");
}

interface Stretch {
  readonly left: number;
  readonly top: number;
  readonly width: number;
}

function drawBar(bar: Bar, { left, top, width }: Stretch, isBroken: boolean): string {
  const [right, middle, bottom] = [left + width, top + size.bar / 2, top + size.bar].map(inPixels);
  // One that is broken off ends in a point.
  const end = isBroken
    ? `L${inPixels(left + width - 6)} ${top}L${right} ${middle}L${inPixels(left + width - 6)} ${bottom}`
    : `H${right}V${bottom}`;
  const baseline = top + size.bar - 3;
  return [
    `<text class="label" x="${left - 6}" y="${baseline}">${escaped(bar.label)}</text>`,
    `<path class="${bar.isOurs ? "ours" : "other"}" d="M${left} ${top}${end}H${left}Z"/>`,
    `<text x="${inPixels(left + width + 6)}" y="${baseline}">${escaped(secondsText(bar))}</text>`,
  ].join("");
}

function inWords({ title, bars }: Panel): string {
  return `${title}: ${bars.map((bar) => `${bar.label} ${secondsText(bar)}`).join(", ")}.`;
}

function secondsText({ ms, isEnded }: Bar): string {
  return `${isEnded ? "> " : ""}${(ms / 1_000).toFixed(ms < 9_950 ? 2 : 0)} s`;
}

function inPixels(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** Text as XML has it. What XML cannot have at all is left out. */
function escaped(text: string): string {
  return text.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "").replace(/[&<>"]/g, (sign) => entities[sign] ?? "");
}
