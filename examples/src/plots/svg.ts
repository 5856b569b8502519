/** @file Observable Plot without a browser: a plot's options in, the text of an SVG out. */
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Theme } from './theme.ts';

/** What every drawing needs besides its marks. */
export interface Drawing extends Plot.PlotOptions {
  readonly theme: Theme;
  /** What the figure shows, for readers who do not see it. */
  readonly alt: string;
}

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';

/** Draws marks on axes in the theme's colours; the SVG is self-contained but for the variables of a page's theme. */
export function draw({ theme, alt, ...options }: Drawing): string {
  const { document } = parseHTML('<html><body></body></html>');
  const figure = Plot.plot({
    ...options,
    document,
    ariaLabel: alt,
    style: { color: theme.muted, fontFamily: FONT, fontSize: '13px', background: 'none' },
  });
  figure.setAttribute('role', 'img');
  figure.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return compact(wellFormed(figure.outerHTML));
}

/** linkedom leaves ampersands in attributes as they are, which HTML allows and XML does not. */
function wellFormed(markup: string): string {
  return markup.replace(/&(?![a-z]+;|#)/g, '&amp;');
}

/** Tenths of a pixel are enough: rounds coordinates, which halves the size of a drawing. */
function compact(svg: string): string {
  return svg.replace(/(?<= )(d|transform|c?[xy][12]?|width|height)="([^"]*)"/g, (_, name: string, value: string) => {
    const rounded = value.replace(/-?\d*\.\d+/g, (number) => String(Math.round(Number(number) * 10) / 10));
    return `${name}="${rounded}"`;
  });
}
