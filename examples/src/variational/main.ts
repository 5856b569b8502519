/** @file What `npm run example variational` runs: eight schools by every guide, a table, and a picture of the losses. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ready } from '@tychejs/ppl';
import { textTable } from '../table.ts';
import { columns, compare, logEvidence } from './compare.ts';
import { figure } from './figure.ts';
import { settings } from './settings.ts';

// Steps are compiled; the little that tfjs does itself, it does soonest in JavaScript.
await ready({ backend: 'cpu' });
console.log('Eight schools by NUTS, then by each guide, then by Pathfinder ...');
const rows = await compare(settings);

console.log(`\n${textTable(columns, rows)}`);
console.log(`The log evidence, which no ELBO exceeds, is about ${logEvidence(rows).toFixed(2)}.`);
console.log('AutoDelta and AutoLaplaceApproximation are trained as points, whose losses are no bounds.');

const file = new URL('../../../out/variational.svg', import.meta.url);
mkdirSync(new URL('.', file), { recursive: true });
writeFileSync(file, `${figure(rows)}\n`);
console.log(`\nOpen ${fileURLToPath(file)} in a browser to see how they got there.`);
