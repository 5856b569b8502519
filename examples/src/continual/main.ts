/** @file What `npm run example continual` runs: five tasks, one after the other, by two learners; two tables, and a picture. */
import { ready } from '@tychejs/ppl';
import { loadDigits } from '../mnist/digits.ts';
import { writePicture } from '../pictureFile.ts';
import { textTable } from '../table.ts';
import { figure } from './figure.ts';
import { learn, type Progress } from './learn.ts';
import { learners } from './learners.ts';
import { settings } from './settings.ts';
import { columnsFor, rowsOf } from './table.ts';
import { splitDigits } from './tasks.ts';

await ready({ backend: 'wasm' });
const tasks = splitDigits(await loadDigits());
const all: Progress[] = [];
for (const learner of learners) {
  console.log(`\nFive tasks by ${learner.name} ...`);
  const progress = await learn(learner, tasks, settings);
  all.push(progress);
  console.log(textTable(columnsFor(`${learner.name}, %`, tasks), rowsOf(progress, tasks)));
  console.log(`${progress.seconds.toFixed(0)} seconds of training.`);
}
console.log(`\nOpen ${writePicture('continual', figure(all, tasks))} in a browser to see what is forgotten.`);
