/** @file One table, as text for the terminal and as HTML for the page. */
import { html, type Html } from './html.ts';

/** A column: its title, and what it shows of a row. The first column names the row and stands to the left. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

/** Aligned lines of text, the titles first. */
export function textTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ cell }) => cell(row)))];
  const widths = columns.map((_, c) => Math.max(...lines.map((line) => line[c]?.length ?? 0)));
  return lines
    .map((line) => line.map((text, c) => (c === 0 ? text.padEnd(widths[c] ?? 0) : text.padStart(widths[c] ?? 0))).join('  '))
    .join('\n');
}

/** A `<table>` with a caption, titles that name their columns, and first cells that name their rows. */
export function htmlTable<Row>(caption: string, columns: readonly Column<Row>[], rows: readonly Row[]): Html {
  const line = (row: Row) =>
    columns.map(({ cell }, c) => (c === 0 ? html`<th scope="row">${cell(row)}</th>` : html`<td>${cell(row)}</td>`));
  return html`<div class="table"><table>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${line(row)}</tr>\n`)}</tbody>
</table></div>`;
}
