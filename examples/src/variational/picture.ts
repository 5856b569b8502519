/** @file Draws the picture of the guide to variational inference, `docs/img/guides.svg`: that of the example. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { ready } from '@tychejs/ppl';
import { compare } from './compare.ts';
import { figure } from './figure.ts';
import { settings } from './settings.ts';

await ready({ backend: 'cpu' });
const drawing = figure(await compare(settings));
const folder = new URL('../../../docs/img/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('guides.svg', folder), `${drawing}\n`);
