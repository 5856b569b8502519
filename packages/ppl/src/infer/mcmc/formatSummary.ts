/** @file A summary as a table of text. */
import type { ScalarSummary, Summary } from './summary.ts';

export interface FormatSummaryOptions {
  /** Known means and standard deviations to compare with, by scalar name. */
  readonly reference?: Readonly<Record<string, { readonly mean: number; readonly sd: number }>>;
}

type Column = readonly [title: string, cell: (row: ScalarSummary, name: string) => string];

const COLUMNS: readonly Column[] = [
  ['mean', (row) => significant(row.mean)],
  ['mcse', (row) => significant(row.mcseMean, 2)],
  ['sd', (row) => significant(row.sd)],
  ['5%', (row) => significant(row.q5)],
  ['50%', (row) => significant(row.q50)],
  ['95%', (row) => significant(row.q95)],
  ['ess bulk', (row) => row.essBulk.toFixed(0)],
  ['ess tail', (row) => row.essTail.toFixed(0)],
  ['r-hat', (row) => row.rHat.toFixed(3)],
];

/**
 * `summary` as an aligned table, one row a scalar. With a `reference`, also its mean, its sd, and how far from that mean
 * ours lies, in units of that sd.
 */
export function formatSummary(summary: Summary, { reference }: FormatSummaryOptions = {}): string {
  const columns: Column[] = [['', (_, name) => name], ...COLUMNS];
  if (reference) {
    columns.push(
      ['ref mean', (_, name) => significant(reference[name]?.mean)],
      ['ref sd', (_, name) => significant(reference[name]?.sd)],
      ['off by', (row, name) => offBy(row, reference[name])],
    );
  }
  const rows = [
    columns.map(([title]) => title),
    ...Object.entries(summary).map(([name, row]) => columns.map(([, cell]) => cell(row, name))),
  ];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((text, column) => (column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0)))
        .join('  '),
    )
    .join('\n');
}

function offBy(row: ScalarSummary, reference: { mean: number; sd: number } | undefined): string {
  return reference ? `${((row.mean - reference.mean) / reference.sd).toFixed(2)} sd` : '';
}

/** To so many significant digits, without an exponent where that stays short. */
function significant(value: number | undefined, digits = 4): string {
  if (value === undefined) return '';
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  if (magnitude < -4 || magnitude > 6) return value.toExponential(digits - 1);
  return value.toFixed(Math.max(0, digits - 1 - magnitude));
}
