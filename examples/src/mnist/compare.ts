/** @file Each network in each way: trained, and judged. */
import * as tf from '@tensorflow/tfjs-core';
import { handlers as pplHandlers, optim } from '@tychejs/ppl';
import { handlers, type VariationalBNN } from '@tychejs/bnn';
import type { Column } from '../table.ts';
import { inputsOf, labelsOf, pick, type LabelledImages } from './images.ts';
import type { Architecture } from './network.ts';
import { rotate, turn } from './rotate.ts';
import { scoresOf, type Scores, type TestImages } from './scores.ts';
import type { Way, WaySettings } from './ways.ts';

export interface FitSettings extends WaySettings {
  /** How often to go through the digits: for one network, and for a distribution over many, which takes longer to find. */
  readonly epochs: { readonly point: number; readonly distribution: number };
  readonly batchSize: number;
  /** The learning rate of Adam, which falls to nothing. */
  readonly lr: number;
}

export interface CompareSettings {
  readonly seed: number;
  /** How many draws of the weights predictions are made from. */
  readonly numSamples: number;
  /** By how many degrees the one digit is turned. */
  readonly angles: readonly number[];
  /** Which of the test's digits that is. */
  readonly turning: number;
  readonly ways: readonly Way[];
  readonly networks: readonly { readonly architecture: Architecture; readonly fit: FitSettings }[];
  readonly progressBar: boolean;
}

export interface Data {
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  readonly clothes: LabelledImages;
}

/** A line of the table. */
export interface Row {
  readonly network: string;
  readonly way: string;
  readonly scores: Scores;
  /** Of compiling and training. */
  readonly seconds: number;
}

/** @param onRow - is told of each row as soon as there is one. */
export async function compare(data: Data, settings: CompareSettings, onRow: (row: Row) => void = () => undefined): Promise<Row[]> {
  const images = testImages(data, settings);
  const rows: Row[] = [];
  for (const { architecture, fit } of settings.networks) {
    const x = inputsOf(data.train, architecture.inputShape);
    const y = labelsOf(data.train);
    for (const way of settings.ways) {
      const all = { ...settings, ...fit };
      const row = await pplHandlers.seed({ seed: settings.seed }).run(() => fitAndJudge(way, { x, y }, images, architecture, all));
      rows.push(row);
      onRow(row);
    }
    tf.dispose([x, y]);
  }
  return rows;
}

type Labelled = { readonly x: tf.Tensor; readonly y: tf.Tensor };

async function fitAndJudge(
  way: Way,
  train: Labelled,
  images: TestImages,
  { name, inputShape, build }: Architecture,
  settings: CompareSettings & FitSettings,
): Promise<Row> {
  const net = build(settings.seed);
  const bnn = way.make(net, settings);
  const began = performance.now();
  await fitBy(way, bnn, train, settings);
  const seconds = (performance.now() - began) / 1000;
  const scores = scoresOf(bnn, images, { inputShape, numSamples: way.isPoint ? 1 : settings.numSamples });
  bnn.dispose();
  net.dispose();
  return { network: name, way: way.name, scores, seconds };
}

async function fitBy(way: Way, bnn: VariationalBNN<tf.Tensor>, train: Labelled, settings: CompareSettings & FitSettings): Promise<void> {
  const { batchSize, lr, progressBar } = settings;
  const epochs = way.isPoint ? settings.epochs.point : settings.epochs.distribution;
  const steps = epochs * Math.ceil((train.y.shape[0] ?? 0) / batchSize);
  const adam = optim.schedule(optim.adam({ lr }), { decaySteps: steps });
  const fit = () => bnn.fit(train, { optim: adam, epochs, batchSize, progressBar });
  await (way.isPoint ? fit() : handlers.localReparameterization().run(fit));
}

function testImages({ test, clothes }: Data, { angles, turning }: CompareSettings): TestImages {
  return { test, foreign: { turned: rotate(test, 90), clothes }, turning: turn(pick(test, [turning]), angles) };
}

const percent = (share: number, digits: number): string => `${(100 * share).toFixed(digits)} %`;
const ratio = (value: number | null): string => value?.toFixed(3) ?? '';

/** What is shown of a row. */
export const columns: readonly Column<Row>[] = [
  { title: '', cell: ({ network, way }) => `${network}, ${way}` },
  { title: 'error', cell: ({ scores }) => percent(scores.error, 2) },
  { title: 'NLL', cell: ({ scores }) => scores.negativeLogLikelihood.toFixed(4) },
  { title: 'ECE', cell: ({ scores }) => percent(scores.calibrationError, 2) },
  { title: 'confidence', cell: ({ scores }) => percent(scores.confidence, 1) },
  { title: 'turned: entropy', cell: ({ scores }) => ratio(scores.detection.turned.entropy) },
  { title: 'MI', cell: ({ scores }) => ratio(scores.detection.turned.mutualInformation) },
  { title: 'clothes: entropy', cell: ({ scores }) => ratio(scores.detection.clothes.entropy) },
  { title: 'MI', cell: ({ scores }) => ratio(scores.detection.clothes.mutualInformation) },
  { title: 'seconds', cell: ({ seconds }) => seconds.toFixed(0) },
];
