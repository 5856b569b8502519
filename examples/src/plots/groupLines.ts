/** @file A line for each of a few groups, by several fits: small plots with one scale. */
import * as Plot from '@observablehq/plot';
import type { Point } from './functionBand.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface LineGroup {
  readonly name: string;
  readonly train: readonly Point[];
  readonly test: readonly Point[];
  /** Where the curves below are known. */
  readonly grid: readonly number[];
  readonly alone: readonly number[];
  /** The mean of the hierarchical model, and an interval. */
  readonly pooled: readonly number[];
  readonly lower: readonly number[];
  readonly upper: readonly number[];
}

export interface GroupLinesOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly yDomain: readonly [number, number];
  readonly width?: number;
  readonly height?: number;
}

/** The drawing of one group as SVG text. */
export function groupLines(group: LineGroup, { theme, alt, yDomain, width = 240, height = 190 }: GroupLinesOptions): string {
  const { train, test, grid, alone, pooled, lower, upper } = group;
  const curve = (values: readonly number[]): [number, number][] => grid.map((x, i) => [x, values[i] ?? Number.NaN]);
  const scatter = { x: 'x', y: 'y', clip: true } as const;
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 30,
    marginRight: 6,
    marginTop: 4,
    marginBottom: 24,
    x: { label: null, tickFormat: 'd', ticks: 3 },
    y: { label: null, domain: yDomain, ticks: 4 },
    marks: [
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1, ticks: 4 }),
      Plot.areaY(grid, { x: grid, y1: lower, y2: upper, fill: theme.accent, fillOpacity: 0.16, clip: true }),
      Plot.line(curve(alone), { stroke: theme.contrast, strokeWidth: 1.5, strokeDasharray: '5,3', clip: true }),
      Plot.line(curve(pooled), { stroke: theme.accent, strokeWidth: 2, clip: true }),
      Plot.dot(test, { ...scatter, r: 2.4, fill: theme.paper, stroke: theme.data, strokeWidth: 1 }),
      Plot.dot(train, { ...scatter, r: 3, fill: theme.ink }),
    ],
  });
}
