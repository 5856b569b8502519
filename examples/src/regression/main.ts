/** @file What `npm run example regression` runs: one network by four ways of inference, a table, and a picture. */
import { ready } from '@tychejs/ppl';
import { writePicture } from '../pictureFile.ts';
import { textTable } from '../table.ts';
import { columnsFor, compare } from './compare.ts';
import { figure } from './figure.ts';
import { settings } from './settings.ts';

await ready({ backend: 'wasm' });
console.log(`A network of 1-50-1 units: ${settings.seeds} fits of each kind, then NUTS ...`);
const result = await compare(settings);
const { rHat, ess } = result.convergence;

console.log(`\n${textTable(columnsFor(result), result.rows)}`);
console.log(`± is the standard deviation over ${settings.seeds} beginnings.`);
console.log(`NUTS: the functions at the data have R-hat up to ${rHat.toFixed(3)} and effective sample sizes from ${ess.toFixed(0)}.`);
console.log(`\nOpen ${writePicture('regression', figure(result))} in a browser to see what they make of the gap.`);
