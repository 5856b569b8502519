/** @file One trained network, treated in each of the ways, and judged. */
import { handlers, optim } from '@tychejs/ppl';
import type { Column } from '../table.ts';
import type { Task } from './classes.ts';
import { predictorOf } from './predict.ts';
import type { Pretrained } from './pretrain.ts';
import { scoresOf, type Scores } from './scores.ts';
import { lastLayer, wholeNet, type Trainer, type TrainerSettings } from './trainers.ts';
import { estimating, plainNet, type Way, type WaySettings } from './ways.ts';

export interface CompareSettings extends WaySettings, TrainerSettings {
  readonly ways: readonly Way[];
  /** The learning rate of the guides' standard deviations, by their logarithms. */
  readonly scaleLr: number;
  /** How many draws of the weights predictions are made from. */
  readonly numSamples: number;
  readonly progressBar: boolean;
}

/** A line of the table. */
export interface Row {
  readonly way: string;
  readonly scores: Scores;
  /** Of compiling and training; `null` for weights that were there already. */
  readonly seconds: number | null;
}

/**
 * The trained network itself, and what becomes of it in each of the ways.
 *
 * @param onRow - is told of each row as soon as there is one.
 */
export async function compare(task: Task, { net, seconds }: Pretrained, settings: CompareSettings, onRow: (row: Row) => void = () => undefined): Promise<Row[]> {
  const rows: Row[] = [];
  const add = (row: Row): void => {
    rows.push(row);
    onRow(row);
  };
  const start = plainNet(net, task.train.count);
  add({ way: 'maximum likelihood', scores: scoresOf(predictorOf(start, 1, settings.seed), task), seconds });
  start.dispose();
  const trainers = { all: wholeNet(task, net, settings), 'last layer': lastLayer(task, net, settings) };
  for (const way of settings.ways) add(await treat(way, trainers[way.trains], task, settings));
  for (const { dispose } of Object.values(trainers)) dispose();
  return rows;
}

async function treat(way: Way, trainer: Trainer, task: Task, settings: CompareSettings): Promise<Row> {
  const { seed, scaleLr, estimator, progressBar } = settings;
  const { net, data, stepsPerEpoch, train } = trainer;
  const { epochs, lr } = train;
  return handlers.seed({ seed }).run(async () => {
    const bnn = way.make(net, task.train.count, settings);
    const adam = optim.adam((name) => ({ lr: name.startsWith('guide.scale') ? scaleLr : lr }));
    const falling = optim.schedule(adam, { decaySteps: epochs * stepsPerEpoch });
    const began = performance.now();
    await estimating(way, estimator, () => bnn.fit(data, { optim: falling, epochs, progressBar, ...trainer.options }));
    const seconds = (performance.now() - began) / 1000;
    const scores = scoresOf(trainer.predictor(bnn, way.isPoint ? 1 : settings.numSamples), task);
    bnn.dispose();
    return { way: way.name, scores, seconds };
  });
}

const known = (value: number | null): string => value?.toFixed(0) ?? 'kept';

/** What is shown of a row. */
export const columns: readonly Column<Row>[] = [
  { title: '', cell: ({ way }) => way },
  { title: 'error', cell: ({ scores }) => `${(100 * scores.error).toFixed(1)} %` },
  { title: 'NLL', cell: ({ scores }) => scores.negativeLogLikelihood.toFixed(3) },
  { title: 'ECE', cell: ({ scores }) => `${(100 * scores.calibrationError).toFixed(1)} %` },
  { title: 'Brier', cell: ({ scores }) => scores.brier.toFixed(3) },
  { title: 'foreign', cell: ({ scores }) => scores.detection.toFixed(3) },
  { title: 'seconds', cell: ({ seconds }) => known(seconds) },
];
