/** @file Draws the picture of the README, `docs/img/cars.svg`: the figure of the demo, on paper of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { ready } from '@tychejs/ppl';
import { lightTheme } from '../plots/theme.ts';
import { fitCars } from './cars.ts';
import { carsFigure } from './page.ts';
import { carsSettings } from './settings.ts';

await ready();
const drawing = carsFigure(await fitCars(carsSettings), lightTheme);
const folder = new URL('../../../docs/img/', import.meta.url);
mkdirSync(folder, { recursive: true });

// A reader's dark page would swallow dark text: the picture brings its paper along, with a margin.
const [, width = '', height = ''] = /viewBox="0 0 (\d+) (\d+)"/.exec(drawing) ?? [];
const margin = 16;
const box = [-margin, -margin, Number(width) + 2 * margin, Number(height) + 2 * margin];
const paper = `<rect x="${-margin}" y="${-margin}" width="${box[2]}" height="${box[3]}" rx="8" fill="${lightTheme.paper}"></rect>`;
const picture = drawing
  .replace(/viewBox="[^"]*"/, `viewBox="${box.join(' ')}"`)
  .replace(/ width="\d+"/, ` width="${box[2]}"`)
  .replace(/ height="\d+"/, ` height="${box[3]}"`)
  .replace('</style>', `</style>${paper}`);
writeFileSync(new URL('cars.svg', folder), `${picture}\n`);
