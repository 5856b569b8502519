/** @file A legend inside a plot, for plots that must explain themselves. */
import type { RenderFunction } from '@observablehq/plot';
import { html, type Html } from '../html.ts';
import type { Theme } from './theme.ts';

/** A line of the legend: a swatch and what it stands for. */
export interface LegendItem {
  readonly label: string;
  readonly swatch: 'line' | 'thin lines' | 'dot' | 'ring' | 'bands';
  readonly colour: string;
}

/** Pixels from the upper left corner of the drawing. */
export interface LegendPlace {
  readonly left: number;
  readonly top: number;
}

const SPACING = 22;
const WIDTH = 28;

/** A mark for `Plot.plot` that draws `items` one below the other. */
export function legend(items: readonly LegendItem[], theme: Theme, { left, top }: LegendPlace): RenderFunction {
  return (_index, _scales, _values, _dimensions, { document }) => {
    const group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    group.innerHTML = items
      .map(({ label, swatch, colour }, i) => {
        const text = html`<text x="${WIDTH + 10}" dy="0.35em" text-anchor="start" fill="${theme.ink}">${label}</text>`;
        return html`<g transform="translate(${left},${top + i * SPACING})">${SWATCHES[swatch](colour)}${text}</g>`.markup;
      })
      .join('');
    return group;
  };
}

const SWATCHES: Readonly<Record<LegendItem['swatch'], (colour: string) => Html>> = {
  line: (colour) => html`<path d="M0,0H${WIDTH}" stroke="${colour}" stroke-width="2.5"></path>`,
  'thin lines': (colour) =>
    html`<path d="M0,3Q9,-7 ${WIDTH},-4M0,5Q14,2 ${WIDTH},1M0,-4Q14,6 ${WIDTH},5" fill="none" stroke="${colour}" stroke-opacity="0.6"></path>`,
  dot: (colour) => html`<circle cx="${WIDTH / 2}" r="3" fill="${colour}"></circle>`,
  ring: (colour) => html`<circle cx="${WIDTH / 2}" r="3" fill="none" stroke="${colour}" stroke-width="1.2"></circle>`,
  bands: (colour) =>
    html`<g fill="${colour}" fill-opacity="0.14"><rect y="-8" width="${WIDTH}" height="16"></rect><rect y="-4" width="${WIDTH}" height="8"></rect></g>`,
};
