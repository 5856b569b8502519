/** @file Charts as SVG: a frame with axes, and marks in it. Colours are attributes, so that charts need no style sheet. */
import type { Axis, Scale } from './axis.ts';
import { roundTicks, scaleOf } from './axis.ts';
import { shown } from './format.ts';
import type { Markup } from './html.ts';
import { html, NOTHING } from './html.ts';

/** The kinds of marks: data, what they are compared with, and what would be ideal. */
export type Role = 'first' | 'second' | 'ideal';

const COLOURS: Readonly<Record<Role, string>> = { first: '#3070b3', second: '#c2571a', ideal: '#808080' };

export interface ChartOptions {
  readonly title: string;
  /** What there is to see, for those who do not. */
  readonly description: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Names of the marks, if there is more than one kind. */
  readonly legend?: readonly (readonly [Role, string])[];
}

/** Draws marks, given where values lie. */
export type Draw = (x: Scale, y: Scale) => readonly Markup[];

const [WIDTH, HEIGHT] = [400, 290];
const MARGIN = { left: 56, right: 14, top: 12, bottom: 44 };

/** A figure with a caption. */
export function chart({ title, description, x, y, legend = [] }: ChartOptions, draw: Draw): Markup {
  const [left, right, top, bottom] = [MARGIN.left, WIDTH - MARGIN.right, MARGIN.top, HEIGHT - MARGIN.bottom];
  const [atX, atY] = [scaleOf(x.domain, [left, right]), scaleOf(y.domain, [bottom, top])];
  const gridX = ticksOf(x).map((value) => html`<g><line x1="${at(atX(value))}" x2="${at(atX(value))}" y1="${bottom}" y2="${bottom + 4}" stroke="currentColor"/><text x="${at(atX(value))}" y="${bottom + 17}" text-anchor="middle">${shown(value)}</text></g>`);
  const gridY = ticksOf(y).map((value) => html`<g><line x1="${left}" x2="${right}" y1="${at(atY(value))}" y2="${at(atY(value))}" stroke="currentColor" stroke-opacity="0.15"/><text x="${left - 6}" y="${at(atY(value) + 4)}" text-anchor="end">${shown(value)}</text></g>`);
  const middle = (top + bottom) / 2;
  return html`<figure><figcaption>${title}</figcaption>${legend.length === 0 ? NOTHING : legendOf(legend)}
<svg role="img" aria-label="${`${title}. ${description}`}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-size="12" fill="currentColor">
<g>${gridY}${gridX}</g>
<svg x="${left}" y="${top}" width="${right - left}" height="${bottom - top}" viewBox="${left} ${top} ${right - left} ${bottom - top}" overflow="hidden">${draw(atX, atY)}</svg>
<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="currentColor"/>
<text x="${at((left + right) / 2)}" y="${HEIGHT - 8}" text-anchor="middle">${x.label}</text>
<text x="13" y="${at(middle)}" text-anchor="middle" transform="rotate(-90 13 ${at(middle)})">${y.label}</text>
</svg></figure>
`;
}

/** A rectangle that stands on `base`, from one value of x to another. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly height: number;
  readonly base?: number;
}

export function bars(x: Scale, y: Scale, all: readonly Bar[], role: Role, opacity: number = 0.8): Markup {
  const drawn = all.filter(({ height }) => Number.isFinite(height)).map(({ from, to, height, base = 0 }) => {
    const [low, high] = [y(Math.min(base, height)), y(Math.max(base, height))];
    return html`<rect x="${at(x(from) + 0.5)}" y="${at(high)}" width="${at(Math.max(0.5, x(to) - x(from) - 1))}" height="${at(low - high)}"/>`;
  });
  return html`<g class="${role}" fill="${COLOURS[role]}" fill-opacity="${opacity}">${drawn}</g>`;
}

export type Point = readonly [x: number, y: number];

export function line(x: Scale, y: Scale, points: readonly Point[], role: Role, dashes: string = 'none'): Markup {
  return html`<polyline class="${role} stroke" fill="none" stroke="${COLOURS[role]}" stroke-width="2" stroke-dasharray="${dashes}" points="${placesOf(x, y, points)}"/>`;
}

/** The area between two lines over the same values of x. */
export function band(x: Scale, y: Scale, lower: readonly Point[], upper: readonly Point[], role: Role, opacity: number): Markup {
  return html`<polygon class="${role}" fill="${COLOURS[role]}" fill-opacity="${opacity}" points="${placesOf(x, y, [...lower, ...upper.toReversed()])}"/>`;
}

export function dots(x: Scale, y: Scale, points: readonly Point[], role: Role, radius: number = 2.2): Markup {
  const drawn = points.map(([px, py]) => html`<circle cx="${at(x(px))}" cy="${at(y(py))}" r="${radius}"/>`);
  return html`<g class="${role}" fill="${COLOURS[role]}" fill-opacity="0.65">${drawn}</g>`;
}

function legendOf(entries: readonly (readonly [Role, string])[]): Markup {
  const items = entries.map(([role, name]) => html`<li><svg class="${role}" width="12" height="12" aria-hidden="true" fill="${COLOURS[role]}"><rect width="12" height="12"/></svg> ${name}</li>`);
  return html`<ul class="legend">${items}</ul>`;
}

function ticksOf({ domain, ticks }: Axis): readonly number[] {
  return ticks ?? roundTicks(domain);
}

function placesOf(x: Scale, y: Scale, points: readonly Point[]): string {
  return points.map(([px, py]) => `${at(x(px))},${at(y(py))}`).join(' ');
}

/** A place, to a tenth of a pixel. */
function at(place: number): number {
  return Math.round(place * 10) / 10;
}
