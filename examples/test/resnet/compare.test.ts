/** @file Training and the comparison, end to end: a tiny network, and coloured stripes in place of photographs. */
import '../helpers/plotForJest.ts';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { optim, RandomStream, ready } from '@tychejs/ppl';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';
import type { Task } from '../../src/resnet/classes.ts';
import { columns, compare, type CompareSettings, type Row } from '../../src/resnet/compare.ts';
import { figure } from '../../src/resnet/figure.ts';
import { inputsOf, labelsOf, NUMBERS, SIDE, type Photographs } from '../../src/resnet/images.ts';
import { resNet } from '../../src/resnet/network.ts';
import { pretrain, type PretrainSettings } from '../../src/resnet/pretrain.ts';
import { scoresOf } from '../../src/resnet/scores.ts';
import { ways } from '../../src/resnet/ways.ts';
import { textTable } from '../../src/table.ts';

jest.setTimeout(120_000);

/** Stripes of a width by class, in noise. */
function stripes(count: number, widths: readonly number[], seed: number): Photographs {
  const stream = RandomStream.fromSeed(seed);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % widths.length);
  const pixels = Uint8Array.from({ length: count * NUMBERS }, (_, k) => {
    const width = widths[labels[Math.floor(k / NUMBERS)]!]!;
    const row = Math.floor((k % NUMBERS) / (3 * SIDE));
    return 80 + 60 * (Math.floor(row / width) % 2) + 60 * stream.uniform();
  });
  return { count, pixels, labels };
}

const task: Task = {
  classes: ['thin', 'broad'],
  train: stripes(96, [1, 8], 1),
  test: stripes(40, [1, 8], 2),
  foreign: stripes(40, [3], 3),
};
/** The one that is left out trains as another does; what is its own is tested below. */
const scalesOnly = 'mean field, scales only';
const tried = ways.filter(({ name }) => name !== scalesOnly);
const training: PretrainSettings = { network: { depth: 8, filters: 2 }, train: { epochs: 4, batchSize: 32, lr: 0.02 }, seed: 1, progressBar: false };
const settings: CompareSettings = {
  ways: tried,
  priorScale: 1,
  initScale: 0.01,
  maxGuideScale: 0.05,
  rank: 2,
  estimator: 'plain',
  tune: { epochs: 1, batchSize: 32, lr: 0.001 },
  tuneLast: { epochs: 3, batchSize: 64, lr: 0.01 },
  scaleLr: 0.01,
  numSamples: 2,
  seed: 1,
  progressBar: false,
};

let path: string;
let rows: readonly Row[];
const told: string[] = [];

beforeAll(async () => {
  await ready({ backend: 'wasm' });
  path = await mkdtemp(join(tmpdir(), 'resnet-'));
  const folder = pathToFileURL(join(path, 'kept', '/'));
  rows = await expectNoLeak(async () => {
    const trained = await pretrain(task, training, { folder, retrain: false });
    const found = await compare(task, trained, settings, ({ way }) => told.push(way));
    trained.net.dispose();
    return found;
  });
});
afterAll(() => rm(path, { recursive: true }));

test('a row for the trained network and for each way, told as it comes', () => {
  const expected = ['maximum likelihood', ...tried.map(({ name }) => name)];
  expect(rows.map(({ way }) => way)).toEqual(expected);
  expect(told).toEqual(expected);
  const text = textTable(columns, rows);
  expect(text.split('\n')).toHaveLength(1 + rows.length);
  expect(text).not.toMatch(/NaN|undefined|Infinity|kept/);
});

test('stripes are learnt, and stay known in every way', () => {
  // Guessing errs in half of 40, at log 2 = 0.69 nats.
  for (const { scores } of rows) {
    expect(scores.error).toBeLessThan(0.2);
    expect(scores.negativeLogLikelihood).toBeLessThan(0.5);
  }
});

test('where scales only are trained, means stay those of the network; all but normalisation is uncertain', async () => {
  const net = resNet(training.network, 2, 1);
  const bnn = ways.find(({ name }) => name === scalesOnly)!.make(net, 96, settings);
  // Nine convolutions, those of 1 by 1 among them, and the logits with a bias.
  expect(bnn.siteNames).toHaveLength(9 + 2);
  expect(bnn.siteNames.filter((name) => name.includes('batchNormalization'))).toEqual([]);
  const values = (kind: string): number[][] =>
    bnn.siteNames.map((name) => [...bnn.paramStore.get(`guide.${kind}.${name}`).dataSync()]);
  const [locs, scales] = [values('locs'), values('scales')];
  const [x, y] = [inputsOf(task.train, [0, 1, 2, 3]), labelsOf(task.train, [0, 1, 2, 3])];
  await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.01 }), epochs: 1, engine: 'eager' });
  expect(values('locs')).toEqual(locs);
  values('scales').forEach((after, i) => expect(after).not.toEqual(scales[i]));
  tf.dispose([x, y]);
  bnn.dispose();
  net.dispose();
});

test('ways differ: points from draws, and draws from each other', () => {
  const losses = rows.map(({ scores }) => scores.negativeLogLikelihood);
  expect(new Set(losses).size).toBe(rows.length);
});

test('the weights of an earlier run are taken, unless training is asked for', async () => {
  const folder = pathToFileURL(join(path, 'kept', '/'));
  expect(existsSync(fileURLToPath(folder))).toBe(true);
  const numbers = (net: { getWeights(): tf.Tensor[] }): number[] => net.getWeights().flatMap((weight) => [...weight.dataSync()]);
  const again = await pretrain(task, training, { folder, retrain: false });
  expect(again.seconds).toBeNull();
  const anew = await pretrain(task, training, { folder, retrain: true });
  expect(anew.seconds).toBeGreaterThan(0);
  expect(numbers(anew.net)).toEqual(numbers(again.net));
  for (const { net } of [again, anew]) net.dispose();
});

test('scores, by hand', () => {
  const small = { test: { ...task.test, count: 2, labels: Uint8Array.of(0, 1) }, foreign: { ...task.foreign, count: 1 } };
  // 3/4 for the right class, 3/4 for the wrong one; half and half for the foreign one, which is doubted most.
  const predict = ({ count }: Photographs) => tf.log(tf.tensor2d(count === 1 ? [[0.5, 0.5]] : [[0.75, 0.25], [0.75, 0.25]]));
  const scores = tf.tidy(() => scoresOf(predict, small) as never) as ReturnType<typeof scoresOf>;
  expect(scores.error).toBe(0.5);
  expect(scores.negativeLogLikelihood).toBeCloseTo((Math.log(4 / 3) + Math.log(4)) / 2, 5);
  expect(scores.calibrationError).toBeCloseTo(0.25, 5);
  expect(scores.brier).toBeCloseTo((0.125 + 1.125) / 2, 5);
  expect(scores.detection).toBe(1);
});

test('the picture has a dot for each row and measure, and names the rows', () => {
  const elements = parseXml(figure(rows));
  expect(elements.filter(({ name, within }) => name === 'circle' && within.includes('dot'))).toHaveLength(4 * rows.length);
  const words = elements.map(({ text }) => text);
  expect(words).toEqual(expect.arrayContaining([...rows.map(({ way }) => way), 'negative log-likelihood, nats']));
});
