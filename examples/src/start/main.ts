/** @file What `npm start` runs: a Bayesian network, eight schools by NUTS, and a page that shows both. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ready } from '@tychejs/ppl';
import { textTable } from '../table.ts';
import { fitCars, scoreColumns } from './cars.ts';
import { sampleEightSchools, schoolsColumns } from './eightSchools.ts';
import { page } from './page.ts';
import { carsSettings, schoolsSettings } from './settings.ts';

const backend = await ready();
console.log(`Tyche runs on the tfjs backend "${backend}".`);

console.log('\nFuel consumption of cars by a network, trained as usual and made Bayesian ...');
const cars = await fitCars(carsSettings);
console.log(`\nOn ${cars.plot.test.length} held-out cars:\n${textTable(scoreColumns, cars.scores)}`);

console.log('\nEight schools by NUTS, four chains ...');
// Eight numbers are added up in JavaScript sooner than they are handed to WebAssembly.
await ready({ backend: 'cpu' });
const schools = await sampleEightSchools(schoolsSettings);
console.log(`\n${textTable(schoolsColumns, schools.rows)}`);
console.log(`${schools.divergences} divergences, ${schools.seconds.toFixed(1)} seconds.`, ...schools.warnings);

const file = new URL('../../../out/index.html', import.meta.url);
mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, page({ cars, schools, backend }));
console.log(`\nOpen ${fileURLToPath(file)} in a browser to see it all.`);
