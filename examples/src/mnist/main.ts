/**
 * @file What `npm run example mnist` runs: two networks in four ways on handwritten digits, a table, and a picture.
 * `npm run example mnist -- quick` does less.
 */
import { ready } from '@tychejs/ppl';
import { writePicture } from '../pictureFile.ts';
import { textTable } from '../table.ts';
import { variant } from '../variant.ts';
import { loadClothes } from './clothes.ts';
import { columns, compare } from './compare.ts';
import { loadDigits } from './digits.ts';
import { figure } from './figure.ts';
import { pick } from './images.ts';
import { settings } from './settings.ts';

const chosen = variant(settings);
await ready({ backend: 'wasm' });
const { train, test } = await loadDigits();
const clothes = await loadClothes(chosen.clothesPerKind);
const data = { train: pick(train, Array.from({ length: chosen.trainOn }, (_, i) => i)), test, clothes };

console.log(`${data.train.count} digits to train on, ${test.count} to test with, ${clothes.count} pictures of clothes.`);
const rows = await compare(data, chosen, ({ network, way, seconds }) => console.log(`${network}, ${way}: ${seconds.toFixed(0)} seconds`));

console.log(`\n${textTable(columns, rows)}`);
console.log('error, NLL (nats), ECE and confidence: of the digits of the test. Then areas under the ROC for telling digits turned by');
console.log('90 degrees, and clothes, from these digits: by the entropy of predictions, and by the mutual information (MI) of class and weights.');

const svg = figure({ rows, angles: chosen.angles, digit: pick(test, [chosen.turning]) });
console.log(`\nOpen ${writePicture('mnist', svg)} in a browser to see what they doubt.`);
