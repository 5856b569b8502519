/** @file A series with forecasts of its parts, each made before it was known. */
import * as Plot from '@observablehq/plot';
import type { Band, Point } from './functionBand.ts';
import { legend } from './legend.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface ForecastBand {
  /** Where it was made: a rule is drawn there. */
  readonly origin: number;
  readonly grid: readonly number[];
  readonly mean: readonly number[];
  /** In any order. */
  readonly bands: readonly Band[];
}

export interface ForecastPlotOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly yLabel: string;
  /** What the bands hold, as in '50 % and 90 % of forecasts'. */
  readonly bandLabel: string;
  readonly width?: number;
  readonly height?: number;
  /** Whether there is a legend; true by default. */
  readonly hasLegend?: boolean;
}

/** The drawing as SVG text. */
export function forecastPlot(
  series: readonly Point[],
  forecasts: readonly ForecastBand[],
  { theme, alt, yLabel, bandLabel, width = 900, height = 380, hasLegend = true }: ForecastPlotOptions,
): string {
  return draw({
    theme,
    alt,
    width,
    height,
    marginLeft: 48,
    marginBottom: 30,
    marginTop: 30,
    x: { label: null, tickFormat: 'd', nice: false },
    y: { label: yLabel, labelArrow: 'none', ticks: 6 },
    marks: [
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1, ticks: 6 }),
      Plot.ruleX(forecasts.map(({ origin }) => origin), { stroke: theme.muted, strokeDasharray: '2,4' }),
      ...forecasts.flatMap(({ grid, mean, bands }) => [
        ...bands.map(({ lower, upper }) => Plot.areaY(grid, { x: grid, y1: lower, y2: upper, fill: theme.accent, fillOpacity: 0.2 })),
        Plot.line(grid.map((x, i): [number, number] => [x, mean[i] ?? Number.NaN]), { stroke: theme.accent, strokeWidth: 1.25 }),
      ]),
      Plot.dot(series, { x: 'x', y: 'y', r: 1.1, fill: theme.ink }),
      ...(hasLegend
        ? [
            legend(
              [
                { label: 'measured', swatch: 'dot', colour: theme.ink },
                { label: 'forecast, made at the dotted line before it', swatch: 'line', colour: theme.accent },
                { label: bandLabel, swatch: 'bands', colour: theme.accent },
              ],
              theme,
              { left: 66, top: 46 },
            ),
          ]
        : []),
    ],
  });
}
