/**
 * @file What `npm run example resnet` runs: a residual network on photographs, trained once and made Bayesian in several ways; a table,
 * and a picture. `npm run example resnet -- quick` does less; see `options.ts` for more.
 */
import { ready } from '@tychejs/ppl';
import { writePicture } from '../pictureFile.ts';
import { textTable } from '../table.ts';
import { loadCifar } from './cifar.ts';
import { makeTask } from './classes.ts';
import { columns, compare, type Row } from './compare.ts';
import { figure } from './figure.ts';
import { readOptions } from './options.ts';
import { pretrain } from './pretrain.ts';

const { settings, retrain } = readOptions();
await ready({ backend: 'wasm' });
const task = makeTask(await loadCifar(), settings);
const { depth, filters } = settings.network;

console.log(`${task.train.count} photographs of ${task.classes.join(', ')} to train on, ${task.test.count} to test with,`);
console.log(`and ${task.foreign.count} of ${settings.heldOut.join(', ')}, which the network never sees in training.`);
console.log(`ResNet-${depth} with ${filters}, ${2 * filters} and ${4 * filters} filters, by maximum likelihood ...`);
const trained = await pretrain(task, settings, { folder: new URL('../../.data/', import.meta.url), retrain });
if (trained.seconds === null) console.log('Its weights are those of an earlier run; --retrain trains it anew.');

const tell = ({ way, scores, seconds }: Row): void => {
  console.log(`${way}: error ${(100 * scores.error).toFixed(1)} %${seconds === null ? '' : `, ${seconds.toFixed(0)} seconds`}`);
};
const rows = await compare(task, trained, settings, tell);
trained.net.dispose();

console.log(`\n${textTable(columns, rows)}`);
console.log('error, NLL (nats), ECE and Brier score: of photographs of the classes that were learnt. foreign: how often one of the other');
console.log('classes is doubted more than one of those, by the entropy of predictions. seconds: of training.');
console.log(`\nOpen ${writePicture('resnet', figure(rows))} in a browser to see them side by side.`);
