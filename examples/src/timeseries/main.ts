/** @file What `npm run example timeseries` runs: decades of carbon dioxide, forecast by those before, a table, and a picture. */
import { ready } from '@tychejs/ppl';
import { writePicture } from '../pictureFile.ts';
import { meanOf } from '../statistics.ts';
import { textTable, type Column } from '../table.ts';
import { loadCo2 } from './data.ts';
import { figure } from './figure.ts';
import { forecast, type Forecast } from './forecast.ts';
import { settings } from './settings.ts';

await ready({ backend: 'cpu' });
const series = loadCo2();
console.log('Carbon dioxide over Mauna Loa: forecasts by NUTS ...');
const forecasts: Forecast[] = [];
for (const year of settings.years) forecasts.push(await forecast(series, year, settings));

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const columns: readonly Column<Forecast>[] = [
  { title: 'from', cell: ({ year }) => String(year) },
  { title: 'error, ppm', cell: ({ error }) => error.toFixed(2) },
  { title: 'in the 50 % band', cell: ({ coverage }) => percent(coverage.half) },
  { title: 'in the 90 % band', cell: ({ coverage }) => percent(coverage.most) },
  { title: '90 % band in the end, ppm', cell: ({ most }) => `± ${(((most.upper.at(-1) ?? NaN) - (most.lower.at(-1) ?? NaN)) / 2).toFixed(1)}` },
  { title: 'divergences', cell: ({ divergences }) => String(divergences) },
  { title: 'least ess', cell: ({ ess }) => ess.toFixed(0) },
  { title: 'worst R-hat', cell: ({ rHat }) => rHat.toFixed(3) },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(1) },
];
console.log(`\n${textTable(columns, forecasts)}`);
const mean = (share: (one: Forecast) => number): string => percent(meanOf(forecasts.map(share)));
console.log(`Of all months, ${mean(({ coverage }) => coverage.half)} are in the 50 % bands, ${mean(({ coverage }) => coverage.most)} in the 90 % bands.`);
console.log(`\nOpen ${writePicture('timeseries', figure(series, forecasts))} in a browser to see them.`);
