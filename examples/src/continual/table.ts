/** @file The matrix of a learner as a table. */
import { meanOf } from '../statistics.ts';
import type { Column } from '../table.ts';
import type { Progress } from './learn.ts';
import type { Task } from './tasks.ts';

/** A line: what is known after a task. */
export interface Row {
  readonly after: string;
  readonly accuracy: readonly number[];
}

const percent = (share: number | undefined): string => (share === undefined ? '' : (100 * share).toFixed(2));

export function rowsOf({ accuracy }: Progress, tasks: readonly Task[]): Row[] {
  return accuracy.map((known, i) => ({ after: `after ${tasks[i]?.name ?? ''}`, accuracy: known }));
}

/** Percentages of right answers: a column for each task, and their mean. */
export function columnsFor(title: string, tasks: readonly Task[]): Column<Row>[] {
  return [
    { title, cell: ({ after }) => after },
    ...tasks.map(({ name }, i) => ({ title: name, cell: ({ accuracy }: Row) => percent(accuracy[i]) })),
    { title: 'mean', cell: ({ accuracy }) => percent(meanOf(accuracy)) },
  ];
}
