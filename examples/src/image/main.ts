/** @file What `npm run example image` runs: a photograph with a hole, learnt by a network, a table, and a picture. */
import { ready } from '@tychejs/ppl';
import { writePicture } from '../pictureFile.ts';
import { textTable } from '../table.ts';
import { columns, compare } from './compare.ts';
import { figure } from './figure.ts';
import { loadPhotograph } from './photograph.ts';
import { settings } from './settings.ts';

await ready({ backend: 'wasm' });
const image = loadPhotograph();
console.log(`A photograph of ${image.width} by ${image.height} pixels, of which a network sees some ...`);
const result = await compare(image, settings);

console.log(`\n${textTable(columns, result.rows)}`);
console.log('Errors are root mean squares, of brightness from 0 to 1; the last but one is a correlation, over hidden pixels.');
console.log(`\nOpen ${writePicture('image', figure(result, settings.hole))} in a browser to see what it made of the hole.`);
