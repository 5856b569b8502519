/** @file Pixels as a drawing: a raster inside of SVG. */
import { Buffer } from 'node:buffer';
import { encode } from 'fast-png';
import { html } from '../html.ts';
import type { Theme } from './theme.ts';

/** Red, green and blue from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

export interface ImagePlotOptions {
  readonly theme: Theme;
  readonly alt: string;
  /** Pixels across; there are as many rows as the colours fill. */
  readonly columns: number;
  /** A rectangle to outline, in pixels of the image. */
  readonly outline?: { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };
  /** How wide the drawing is. */
  readonly width?: number;
}

/** The drawing as SVG text. @param colours - row by row. */
export function imagePlot(colours: readonly Colour[], { theme, alt, columns, outline, width = 448 }: ImagePlotOptions): string {
  const rows = colours.length / columns;
  const png = encode({ width: columns, height: rows, channels: 3, depth: 8, data: Uint8Array.from(colours.flat()) });
  const scale = width / columns;
  const height = Math.round(rows * scale);
  const frame = outline && html`<rect x="${outline.left * scale}" y="${outline.top * scale}" width="${(outline.right - outline.left) * scale}" height="${(outline.bottom - outline.top) * scale}" fill="none" stroke="${theme.contrast}" stroke-width="1.5" stroke-dasharray="4,3"></rect>`;
  const data = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
  return html`<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${alt}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"><style></style><image href="${data}" width="${width}" height="${height}" image-rendering="pixelated"></image>${frame ?? ''}</svg>`.markup;
}

/** Black at 0, white at 1; what lies beyond is cut off. */
export function grey(value: number): Colour {
  const level = Math.round(255 * clamp(value));
  return [level, level, level];
}

/** Stops of a scale from dark to light whose brightness rises evenly, also for colour-blind readers. */
const HEAT: readonly Colour[] = [[4, 6, 28], [64, 20, 108], [150, 40, 110], [224, 90, 70], [252, 170, 60], [252, 250, 180]];

/** Dark at 0, through purple and orange, pale yellow at 1; what lies beyond is cut off. */
export function heat(value: number): Colour {
  const place = clamp(value) * (HEAT.length - 1);
  const below = Math.min(HEAT.length - 2, Math.floor(place));
  const [from, to] = [HEAT[below] ?? [0, 0, 0], HEAT[below + 1] ?? [0, 0, 0]];
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + (place - below) * (to[channel] - from[channel]));
  return [mix(0), mix(1), mix(2)];
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
