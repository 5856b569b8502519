/** @file A loss against the steps of its optimisation: flat at the end when it has converged. */
import * as Plot from '@observablehq/plot';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface LossCurveOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly width?: number;
  readonly height?: number;
}

/**
 * The drawing as SVG text: means of short runs of steps, with a logarithmic axis for the steps.
 *
 * @param losses - one for each step.
 * @param points - how many runs the steps are split into, of equal length on the logarithmic axis.
 */
export function lossCurve(
  losses: readonly number[],
  { theme, alt, xLabel, yLabel, width = 880, height = 220 }: LossCurveOptions,
  points = 150,
): string {
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 56,
    marginBottom: 44,
    marginTop: 30,
    x: { type: 'log', label: xLabel, labelAnchor: 'center', labelArrow: 'none', tickFormat: ',' },
    y: { label: yLabel, labelArrow: 'none', nice: true, ticks: 5, tickFormat: (loss: number) => loss.toLocaleString('en') },
    marks: [
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1, ticks: 5 }),
      Plot.line(logarithmicMeans(losses, points), { stroke: theme.accent, strokeWidth: 1.75 }),
    ],
  });
}

/** Pairs of step and mean loss, over runs of steps that grow in proportion to the step. */
export function logarithmicMeans(losses: readonly number[], points: number): [step: number, mean: number][] {
  const means: [number, number][] = [];
  for (let begin = 0, i = 1; begin < losses.length; i++) {
    const end = Math.max(begin + 1, Math.round(losses.length ** (i / points)));
    const run = losses.slice(begin, end);
    means.push([begin + (run.length + 1) / 2, run.reduce((sum, loss) => sum + loss, 0) / run.length]);
    begin = end;
  }
  return means;
}
