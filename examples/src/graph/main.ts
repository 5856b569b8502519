/** @file What `npm run example graph` runs: a graph network by three ways on two graphs, a table, and a picture. */
import { ready } from '@tychejs/ppl';
import { writePicture } from '../pictureFile.ts';
import { textTable } from '../table.ts';
import { columns, compareOn } from './compare.ts';
import { karateClub, miserables } from './data.ts';
import { figure } from './figure.ts';
import { ways } from './fit.ts';
import { settings } from './settings.ts';

await ready({ backend: 'wasm' });
const { seeds, labelled } = settings;
console.log(`Two graphs, ${labelled} nodes of each class with labels, ${seeds} choices of them ...`);
const rows = [...(await compareOn(karateClub(), settings)), ...(await compareOn(miserables(), settings))];

console.log(`\nNodes without a label:\n${textTable(columns, rows)}`);
console.log(`± is the standard deviation over the choices; ECE and AUROC are of the predictions for all of them together.`);
const bayesian = rows.filter(({ name }) => name === ways.at(-1)?.name);
console.log(`\nOpen ${writePicture('graph', figure(bayesian))} in a browser to see where the doubts are.`);
