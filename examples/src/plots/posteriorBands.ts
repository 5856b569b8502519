/** @file A posterior over functions: data, bands of standard deviations around the mean, and some functions. */
import * as Plot from '@observablehq/plot';
import type { Point } from './functionBand.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface PosteriorBandsData {
  readonly data: readonly Point[];
  /** Where the curves below are known, ascending. */
  readonly grid: readonly number[];
  readonly mean: readonly number[];
  readonly sd: readonly number[];
  readonly functions: readonly (readonly number[])[];
}

export interface PosteriorBandsOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly yDomain: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
}

/** How many standard deviations the bands reach. */
const REACHES = [3, 2, 1];

/** The drawing as SVG text: bands of one, two and three standard deviations. */
export function posteriorBands(
  { data, grid, mean, sd, functions }: PosteriorBandsData,
  { theme, alt, yDomain, width = 430, height = 280 }: PosteriorBandsOptions,
): string {
  const edge = (reach: number): number[] => mean.map((value, i) => value + reach * (sd[i] ?? Number.NaN));
  const curve = (values: readonly number[], z: number) => grid.map((x, i) => ({ x, y: values[i] ?? Number.NaN, z }));
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 32,
    marginRight: 8,
    marginTop: 8,
    marginBottom: 26,
    x: { label: null, nice: false, ticks: 5 },
    y: { label: null, domain: yDomain, ticks: 5 },
    marks: [
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1, ticks: 5 }),
      ...REACHES.map((reach) =>
        Plot.areaY(grid, { x: grid, y1: edge(-reach), y2: edge(reach), fill: theme.accent, fillOpacity: 0.13, clip: true }),
      ),
      Plot.line(functions.flatMap(curve), { x: 'x', y: 'y', z: 'z', stroke: theme.contrast, strokeWidth: 0.8, strokeOpacity: 0.55, clip: true }),
      Plot.line(curve(mean, 0), { x: 'x', y: 'y', stroke: theme.accent, strokeWidth: 2.25, clip: true }),
      Plot.dot(data, { x: 'x', y: 'y', r: 2, fill: theme.ink, fillOpacity: 0.75, clip: true }),
      Plot.ruleY([yDomain[0]], { stroke: theme.muted }),
    ],
  });
}
