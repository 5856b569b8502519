/** @file The losses of several fits against the steps of their optimisation, as distances from the least they could be. */
import * as Plot from '@observablehq/plot';
import { logarithmicMeans } from './lossCurve.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface NamedLosses {
  readonly name: string;
  /** One for each step. */
  readonly losses: readonly number[];
}

export interface LossCurvesOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** The least that a loss could be: curves show what is above. */
  readonly least: number;
  /** Curves go no lower than this distance, at which the noise of losses is as large. */
  readonly floor: number;
  readonly width?: number;
  readonly height?: number;
}

const MARGINS = { marginLeft: 56, marginRight: 230, marginTop: 30, marginBottom: 44 };
/** Pixels from one label to the next. */
const SPACING = 18;
const DASHES = ['none', '7,3', '2,3'];

/**
 * The drawing as SVG text: a line for each fit, named at its end, through means of short runs of steps; both axes are
 * logarithmic.
 *
 * @param points - how many runs the steps are split into, of equal length on the logarithmic axis.
 */
export function lossCurves(
  fits: readonly NamedLosses[],
  { theme, alt, xLabel, yLabel, least, floor, width = 880, height = 460 }: LossCurvesOptions,
  points = 40,
): string {
  const curves = fits.map(({ name, losses }, i) => ({
    name,
    points: logarithmicMeans(losses, points).map(([step, loss]): [number, number] => [step, Math.max(floor, loss - least)]),
    stroke: theme.chains[i % theme.chains.length] ?? theme.ink,
    strokeDasharray: DASHES[Math.floor(i / theme.chains.length) % DASHES.length] ?? 'none',
  }));
  const top = Math.max(...curves.flatMap((curve) => curve.points.map(([, distance]) => distance)));
  const last = Math.max(...fits.map(({ losses }) => losses.length));
  const ticks = oneTwoFive(floor, top);
  const decadesAPixel = Math.log10(top / floor) / (height - MARGINS.marginTop - MARGINS.marginBottom);
  const ends = curves.map((curve) => Math.log10(curve.points.at(-1)?.[1] ?? floor));
  const labels = spread(ends, SPACING * decadesAPixel).map((exponent) => 10 ** exponent);
  return draw({
    theme,
    alt,
    width,
    height,
    ...MARGINS,
    x: { type: 'log', domain: [1, last], label: xLabel, labelAnchor: 'center', labelArrow: 'none', tickFormat: ',' },
    y: { type: 'log', domain: [floor, top], label: yLabel, labelArrow: 'none' },
    marks: [
      // Given as data, since Plot leaves out labels that it finds too many.
      Plot.axisY(ticks, { text: ticks.map(String), labelArrow: 'none' }),
      Plot.gridY(ticks, { stroke: theme.rule, strokeOpacity: 1 }),
      ...curves.flatMap(({ name, points: line, stroke, strokeDasharray }, i) => {
        const end = line.at(-1) ?? [last, floor];
        const label: [number, number] = [last * 1.18, labels[i] ?? floor];
        return [
          Plot.line(line, { stroke, strokeDasharray, strokeWidth: 1.75 }),
          Plot.link([name], { x1: end[0], y1: end[1], x2: label[0], y2: label[1], stroke, strokeOpacity: 0.5, strokeWidth: 1 }),
          Plot.text([name], { x: label[0], y: label[1], text: [name], textAnchor: 'start', dx: 4, fill: stroke }),
        ];
      }),
    ],
  });
}

/** The numbers 1, 2 and 5 times a power of ten from `low` to `high`. */
function oneTwoFive(low: number, high: number): number[] {
  const decades = Array.from({ length: Math.ceil(Math.log10(high / low)) + 2 }, (_, i) => Math.floor(Math.log10(low)) + i);
  // As text, so that 0.1 is that very number.
  return decades.flatMap((decade) => [1, 2, 5].map((digit) => Number(`${digit}e${decade}`))).filter((x) => x >= low && x <= high);
}

/**
 * Places near `positions`, in the same order of size, that are `gap` apart at least: groups that are too close are spread
 * evenly around their mean.
 */
export function spread(positions: readonly number[], gap: number): number[] {
  const order = [...positions.keys()].sort((a, b) => (positions[a] ?? 0) - (positions[b] ?? 0));
  const groups: { members: number[]; centre: number }[] = [];
  for (const index of order) {
    let group = { members: [index], centre: positions[index] ?? 0 };
    for (let before = groups.at(-1); before !== undefined && touch(before, group, gap); before = groups.at(-1)) {
      groups.pop();
      const members = [...before.members, ...group.members];
      group = { members, centre: members.reduce((sum, i) => sum + (positions[i] ?? 0), 0) / members.length };
    }
    groups.push(group);
  }
  const places = [...positions];
  for (const { members, centre } of groups) members.forEach((index, i) => (places[index] = centre + (i - (members.length - 1) / 2) * gap));
  return places;
}

function touch(before: { members: readonly number[]; centre: number }, after: typeof before, gap: number): boolean {
  return after.centre - before.centre < ((before.members.length + after.members.length) / 2) * gap;
}
