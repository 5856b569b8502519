/** @file Lines with their names at their ends, and pictures of what is measured below them. */
import * as Plot from '@observablehq/plot';
import { spread } from './lossCurves.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface NamedLine {
  readonly name: string;
  /** One value for each x. */
  readonly values: readonly number[];
}

/** A picture that stands below the axis. */
export interface PlacedPicture {
  readonly x: number;
  /** A `data:` URL. */
  readonly source: string;
}

export interface NamedLinesOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yDomain: readonly [number, number];
  /** Which of the `xs` have a tick; Plot chooses by default. */
  readonly xTicks?: readonly number[];
  readonly pictures?: readonly PlacedPicture[];
  readonly width?: number;
  readonly height?: number;
}

/** Pixels for the names, from one name to the next, of a picture, of the axis with its label, and of its ticks alone. */
const NAMES = 170;
const SPACING = 18;
const PICTURE = 38;
const AXIS = 44;
const TICKS = 24;
const DASHES = ['none', '7,3', '2,3', '9,3,2,3'];

/** The drawing as SVG text: a line for each of `lines`, told apart by colour and by dashes. */
export function namedLines(
  xs: readonly number[],
  lines: readonly NamedLine[],
  { theme, alt, xLabel, yLabel, yDomain, xTicks, pictures = [], width = 620, height = 340 }: NamedLinesOptions,
): string {
  const [marginTop, marginBottom] = [30, AXIS + (pictures.length > 0 ? PICTURE + 4 : 0)];
  const [low, high] = yDomain;
  const last = xs.at(-1) ?? 0;
  const perPixel = (high - low) / (height - marginTop - marginBottom);
  const places = spread(lines.map(({ values }) => values.at(-1) ?? low), SPACING * perPixel);
  const beside = { textAnchor: 'start', dx: 22 } as const;
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 52,
    marginRight: NAMES,
    marginTop,
    marginBottom,
    x: {
      label: xLabel, labelAnchor: 'center', labelArrow: 'none', labelOffset: marginBottom - 6, tickFormat: String,
      ...(xTicks ? { ticks: [...xTicks] } : {}),
    },
    y: { label: yLabel, labelArrow: 'none', domain: [low, high], ticks: 6 },
    marks: [
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1, ticks: 6 }),
      ...lines.flatMap(({ name, values }, i) => {
        const stroke = theme.chains[i % theme.chains.length] ?? theme.ink;
        const points = xs.map((x, at): [number, number] => [x, values[at] ?? Number.NaN]);
        return [
          Plot.line(points, { stroke, strokeWidth: 2, strokeDasharray: DASHES[i % DASHES.length] ?? 'none' }),
          Plot.dot(points.length > 12 ? [] : points, { fill: stroke, r: 3 }),
          Plot.text([name], { ...beside, x: last, y: places[i] ?? low, text: [name], fill: stroke }),
        ];
      }),
      Plot.image(pictures, { x: 'x', y: low, dy: TICKS + PICTURE / 2, width: PICTURE, height: PICTURE, src: 'source' }),
    ],
  });
}
