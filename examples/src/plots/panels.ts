/** @file Several drawings on one sheet, in rows, each with a title. */
import { html, raw } from '../html.ts';
import type { Theme } from './theme.ts';

/** A drawing with what stands above it. */
export interface Panel {
  readonly title: string;
  /** SVG text with a `viewBox` from 0,0, as `draw` gives it. */
  readonly drawing: string;
}

const TITLE = 30;
const GAP = 24;

/**
 * The sheet as SVG text, of the same form as one drawing: it may go to `onPaper`, or be a panel itself.
 *
 * @param columns - how many drawings stand side by side; each has the room of the widest, and each row that of its tallest.
 * @param alt - what the sheet shows, for readers who do not see it.
 */
export function panels(all: readonly Panel[], { theme, alt, columns }: { readonly theme: Theme; readonly alt: string; readonly columns: number }): string {
  const sizes = all.map(({ drawing }) => sizeOf(drawing));
  const cell = Math.max(...sizes.map(({ width }) => width));
  const tops = [0];
  for (let i = 0; i < all.length; i += columns) {
    const tallest = Math.max(...sizes.slice(i, i + columns).map(({ height }) => height));
    tops.push((tops.at(-1) ?? 0) + TITLE + tallest + GAP);
  }
  const [width, height] = [Math.min(columns, all.length) * (cell + GAP) - GAP, (tops.at(-1) ?? 0) - GAP];
  const parts = all.map(({ title, drawing }, i) => {
    const [x, y] = [(i % columns) * (cell + GAP), tops[Math.floor(i / columns)] ?? 0];
    const text = html`<text x="${x + 4}" y="${y + 17}" fill="${theme.ink}" font-weight="600" font-size="14">${title}</text>`;
    return html`${text}${raw(drawing.replace('<svg ', `<svg x="${x}" y="${y + TITLE}" `))}`;
  });
  const font = 'system-ui, -apple-system, &quot;Segoe UI&quot;, Roboto, &quot;Helvetica Neue&quot;, sans-serif';
  const sheet = html`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${alt}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${raw(font)}"><style></style>${parts}</svg>`;
  return sheet.markup;
}

function sizeOf(drawing: string): { width: number; height: number } {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(drawing) ?? [];
  if (width === undefined || height === undefined) throw new Error('panels: a drawing has no viewBox from 0,0');
  return { width: Number(width), height: Number(height) };
}
