/** @file What `npm run example hierarchical` runs: lines for 62 countries by three models, tables, and a picture. */
import { ready } from '@tychejs/ppl';
import { writePicture } from '../pictureFile.ts';
import { textTable } from '../table.ts';
import { compare, elpdDifferences, predictionColumns, samplingColumns } from './compare.ts';
import { figure } from './figure.ts';
import { settings } from './settings.ts';

await ready({ backend: 'cpu' });
console.log('Life expectancy in 62 countries, a few years of each, by NUTS ...');
const result = await compare(settings);

console.log(`\n${textTable(predictionColumns, result.fits)}`);
console.log(`\n${elpdDifferences(result.fits).join('\n')}`);
console.log(`\n${textTable(samplingColumns, result.fits)}`);
console.log(`\nOpen ${writePicture('hierarchical', figure(result))} in a browser to see what countries learn from one another.`);
