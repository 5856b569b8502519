/** @file A regression and how sure it is: data, posterior functions, predictive bands, and a fit to compare with. */
import * as Plot from '@observablehq/plot';
import { legend } from './legend.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** An interval of y at each x of the grid. */
export interface Band {
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

export interface FunctionBandData {
  readonly train: readonly Point[];
  readonly test: readonly Point[];
  /** Where the curves below are known, ascending. */
  readonly grid: readonly number[];
  readonly mean: readonly number[];
  /** Draws from the posterior over functions. */
  readonly functions: readonly (readonly number[])[];
  /** Predictive intervals, in any order. */
  readonly bands: readonly Band[];
  readonly deterministic: readonly number[];
}

export interface FunctionBandOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly yDomain: readonly [number, number];
  /** What the bands hold, as in '50 % and 95 % of new cars'. */
  readonly bandLabel: string;
  readonly width?: number;
  readonly height?: number;
}

/** The drawing as SVG text; its legend stands in the upper right corner. */
export function functionBand(data: FunctionBandData, options: FunctionBandOptions): string {
  const { train, test, grid, mean, functions, bands, deterministic } = data;
  const { theme, alt, xLabel, yLabel, yDomain, bandLabel, width = 880, height = 480 } = options;
  const curve = (values: readonly number[]): [number, number][] => grid.map((x, i) => [x, values[i] ?? Number.NaN]);
  const scatter = { x: 'x', y: 'y', clip: true } as const;
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 48,
    marginBottom: 44,
    marginTop: 30,
    x: { label: xLabel, labelAnchor: 'center', labelArrow: 'none', nice: false, inset: 0 },
    y: { label: yLabel, labelArrow: 'none', domain: yDomain, ticks: 6 },
    marks: [
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1, ticks: 6 }),
      ...bands.map(({ lower, upper }) =>
        Plot.areaY(grid, { x: grid, y1: lower, y2: upper, fill: theme.accent, fillOpacity: 0.14, clip: true }),
      ),
      Plot.line(functions.flatMap((values, z) => curve(values).map(([x, y]) => ({ x, y, z }))), {
        x: 'x', y: 'y', z: 'z', stroke: theme.accent, strokeWidth: 0.8, strokeOpacity: 0.45, clip: true,
      }),
      Plot.dot(test, { ...scatter, r: 2.4, fill: theme.paper, fillOpacity: 0.6, stroke: theme.data, strokeOpacity: 0.55, strokeWidth: 1 }),
      Plot.dot(train, { ...scatter, r: 3.2, fill: theme.ink, stroke: theme.paper, strokeWidth: 0.75 }),
      Plot.line(curve(deterministic), { stroke: theme.contrast, strokeWidth: 2.25, clip: true }),
      Plot.line(curve(mean), { stroke: theme.accent, strokeWidth: 2.75, clip: true }),
      Plot.ruleY([yDomain[0]], { stroke: theme.muted }),
      legend(
        [
          { label: 'trained on', swatch: 'dot', colour: theme.ink },
          { label: 'held out', swatch: 'ring', colour: theme.data },
          { label: 'deterministic network', swatch: 'line', colour: theme.contrast },
          { label: 'Bayesian network, mean', swatch: 'line', colour: theme.accent },
          { label: `${functions.length} functions of its posterior`, swatch: 'thin lines', colour: theme.accent },
          { label: bandLabel, swatch: 'bands', colour: theme.accent },
        ],
        theme,
        { left: width - 270, top: 36 },
      ),
    ],
  });
}
