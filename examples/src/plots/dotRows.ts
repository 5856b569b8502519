/** @file Values by name, a row for each name, with dots of several kinds in a row. */
import * as Plot from '@observablehq/plot';
import { legend } from './legend.ts';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface DotSeries {
  readonly label: string;
  readonly filled: boolean;
  readonly colour: string;
  /** One value for each row, or `null` where there is none. */
  readonly values: readonly (number | null)[];
}

export interface DotRowsOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  readonly xDomain: readonly [number, number];
  readonly width?: number;
}

const ROW = 30;
const LEGEND_LINE = 22;

/** The drawing as SVG text; the legend stands above. */
export function dotRows(
  names: readonly string[],
  series: readonly DotSeries[],
  { theme, alt, xLabel, xDomain, width = 620 }: DotRowsOptions,
): string {
  const marginTop = 24 + LEGEND_LINE * series.length;
  return draw({
    theme,
    alt,
    width,
    height: marginTop + ROW * names.length + 44,
    marginLeft: 190,
    marginRight: 20,
    marginTop,
    marginBottom: 44,
    x: { label: xLabel, labelAnchor: 'center', labelArrow: 'none', domain: [...xDomain], ticks: 6 },
    y: { label: null, type: 'point', domain: names, tickSize: 0, padding: 0.5 },
    marks: [
      Plot.gridX({ stroke: theme.rule, strokeOpacity: 1, ticks: 6 }),
      Plot.gridY({ stroke: theme.rule, strokeOpacity: 1 }),
      ...series.map(({ values, filled, colour }) => {
        const dots = names.flatMap((name, i) => {
          const value = values[i] ?? null;
          return value === null ? [] : [{ name, value }];
        });
        return Plot.dot(dots, { x: 'value', y: 'name', r: 5, stroke: colour, strokeWidth: 2, fill: filled ? colour : theme.paper, clip: true });
      }),
      legend(series.map(({ label, filled, colour }) => ({ label, swatch: filled ? 'dot' : 'ring', colour })), theme, { left: 190, top: 14 }),
    ],
  });
}
