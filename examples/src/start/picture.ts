/** @file Draws the picture of the README, `docs/img/cars.svg`: the figure of the demo, on paper of its own. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { ready } from '@tychejs/ppl';
import { onPaper } from '../plots/onPaper.ts';
import { lightTheme } from '../plots/theme.ts';
import { fitCars } from './cars.ts';
import { carsFigure } from './page.ts';
import { carsSettings } from './settings.ts';

await ready();
const drawing = carsFigure(await fitCars(carsSettings), lightTheme);
const folder = new URL('../../../docs/img/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('cars.svg', folder), `${onPaper(drawing, lightTheme.paper)}\n`);
