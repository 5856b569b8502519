/** @file Estimates of groups, each by itself and pooled by a hierarchical model: how far and how much surer. */
import * as Plot from '@observablehq/plot';
import { legend } from './legend.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

/** An estimate with its 90 % interval. */
export interface Estimate {
  readonly centre: number;
  readonly lower: number;
  readonly upper: number;
}

export interface ShrinkageGroup {
  readonly name: string;
  /** From the group's own data. */
  readonly alone: Estimate;
  /** From the posterior of the hierarchical model. */
  readonly pooled: Estimate;
}

export interface ShrinkageOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  /** The posterior mean of what the groups have in common. */
  readonly centre: number;
  readonly width?: number;
  readonly height?: number;
}

/** The drawing as SVG text: two intervals a group, the pooled one below. */
export function shrinkagePlot(
  groups: readonly ShrinkageGroup[],
  { theme, alt, xLabel, centre, width = 880, height = 60 + 42 * groups.length }: ShrinkageOptions,
): string {
  const interval = (which: 'alone' | 'pooled', colour: string, dy: number) => [
    Plot.ruleY(groups, {
      y: 'name', x1: (group: ShrinkageGroup) => group[which].lower, x2: (group: ShrinkageGroup) => group[which].upper,
      stroke: colour, strokeWidth: 2.5, strokeOpacity: 0.55, dy,
    }),
    Plot.dot(groups, { y: 'name', x: (group: ShrinkageGroup) => group[which].centre, fill: colour, r: 4.5, dy }),
  ];
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 76,
    marginBottom: 44,
    marginTop: 34,
    x: { label: xLabel, labelAnchor: 'center', labelArrow: 'none' },
    y: { label: null, type: 'point', domain: groups.map(({ name }) => name), tickSize: 0 },
    marks: [
      Plot.gridX({ stroke: theme.rule, strokeOpacity: 1 }),
      Plot.ruleX([centre], { stroke: theme.accent, strokeDasharray: '3,3' }),
      ...interval('alone', theme.contrast, -6),
      ...interval('pooled', theme.accent, 6),
      legend([{ label: 'the school alone: estimate and 90 % interval', swatch: 'line', colour: theme.contrast }], theme, { left: 76, top: 12 }),
      legend([{ label: 'posterior mean and 90 % interval', swatch: 'line', colour: theme.accent }], theme, { left: 470, top: 12 }),
    ],
  });
}
