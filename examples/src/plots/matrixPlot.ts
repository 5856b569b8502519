/** @file A matrix of numbers, written into cells that are the darker the less there is. */
import * as Plot from '@observablehq/plot';
import { draw } from './svg.ts';
import type { Theme } from './theme.ts';

export interface MatrixPlotOptions {
  readonly theme: Theme;
  readonly alt: string;
  readonly xLabel: string;
  readonly yLabel: string;
  /** The names of columns and rows. */
  readonly columns: readonly string[];
  readonly rows: readonly string[];
  /** Values that are shown as paper, and as the darkest. */
  readonly best: number;
  readonly worst: number;
  readonly format: (value: number) => string;
}

const CELL = { width: 62, height: 34 };
const MARGINS = { marginLeft: 74, marginRight: 10, marginTop: 52, marginBottom: 10 };

/** The drawing as SVG text. @param matrix - `[row][column]`; rows may be shorter than others. */
export function matrixPlot(matrix: readonly (readonly number[])[], options: MatrixPlotOptions): string {
  const { theme, alt, xLabel, yLabel, columns, rows, best, worst, format } = options;
  const cells = matrix.flatMap((values, i) => values.map((value, j) => ({ row: rows[i] ?? '', column: columns[j] ?? '', value })));
  const badness = (value: number): number => Math.min(1, Math.max(0, (best - value) / (best - worst)));
  return draw({
    theme,
    alt,
    width: MARGINS.marginLeft + CELL.width * columns.length + MARGINS.marginRight,
    height: MARGINS.marginTop + CELL.height * rows.length + MARGINS.marginBottom,
    ...MARGINS,
    x: { axis: 'top', label: xLabel, labelAnchor: 'center', labelArrow: 'none', domain: columns, tickSize: 0, padding: 0.04 },
    y: { label: yLabel, labelArrow: 'none', labelAnchor: 'top', domain: rows, tickSize: 0, padding: 0.06 },
    marks: [
      Plot.cell(cells, {
        x: 'column', y: 'row', fill: theme.contrast, fillOpacity: ({ value }: { value: number }) => 0.75 * badness(value), stroke: theme.rule,
      }),
      Plot.text(cells, { x: 'column', y: 'row', text: ({ value }: { value: number }) => format(value), fill: theme.ink }),
    ],
  });
}
