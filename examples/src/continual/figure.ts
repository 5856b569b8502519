/** @file The picture of the example: how right each learner is on each task after each, and on all tasks so far. */
import { matrixPlot } from '../plots/matrixPlot.ts';
import { namedLines } from '../plots/namedLines.ts';
import { onPaper } from '../plots/onPaper.ts';
import { panels } from '../plots/panels.ts';
import { lightTheme as theme } from '../plots/theme.ts';
import { meanOf } from '../statistics.ts';
import type { Progress } from './learn.ts';
import type { Task } from './tasks.ts';

/** Guessing is right half of the time. */
const CHANCE = 0.5;

const percent = (share: number): string => (100 * share).toFixed(1);

/** An SVG file's text. */
export function figure(all: readonly Progress[], tasks: readonly Task[]): string {
  const names = tasks.map(({ name }) => name);
  const matrices = all.map(({ name, accuracy }) => ({
    title: `${name}: right answers, %`,
    drawing: matrixPlot(accuracy, {
      theme,
      alt: `The share of right answers of ${name}: a row for each task that was learnt last, a column for each task that is asked for`,
      xLabel: 'asked for',
      yLabel: 'learnt last',
      columns: names,
      rows: names.slice(0, accuracy.length),
      best: 1,
      worst: CHANCE,
      format: percent,
    }),
  }));
  const averages = namedLines(
    tasks.map(({ index }) => index + 1),
    all.map(({ name, accuracy }) => ({ name, values: accuracy.map((known) => 100 * meanOf(known)) })),
    {
      theme,
      alt: 'The mean share of right answers on all tasks so far, a line for each learner',
      xLabel: 'tasks learnt',
      yLabel: 'mean of right answers, %',
      yDomain: [100 * CHANCE, 100],
      xTicks: tasks.map(({ index }) => index + 1),
      width: 420,
      height: 240,
    },
  );
  const sheet = panels([...matrices, { title: 'All tasks so far', drawing: averages }], {
    theme,
    alt: `What ${all.map(({ name }) => name).join(' and ')} still know after each of ${tasks.length} tasks`,
    columns: all.length + 1,
  });
  return onPaper(sheet, theme.paper);
}
