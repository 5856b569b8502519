/** @file Split digits, and two learners on them end to end: small networks, and bar codes in place of digits. */
import '../helpers/plotForJest.ts';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import { barCodes } from '../helpers/digits.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';
import { figure } from '../../src/continual/figure.ts';
import { learn, type LearnSettings, type Progress } from '../../src/continual/learn.ts';
import { continualLearning, fineTuning } from '../../src/continual/learners.ts';
import { network } from '../../src/continual/network.ts';
import { columnsFor, rowsOf } from '../../src/continual/table.ts';
import { NUM_TASKS, splitDigits, tensorsOf } from '../../src/continual/tasks.ts';
import { PIXELS } from '../../src/mnist/images.ts';
import { meanOf } from '../../src/statistics.ts';
import { textTable } from '../../src/table.ts';

const digits = { train: barCodes(1000), test: barCodes(100) };
const tasks = splitDigits(digits);
const some = tasks.slice(0, 3);
const settings: LearnSettings = {
  seed: 1, units: 12, epochs: 6, batchSize: 20, lr: 0.005, numSamples: 4, priorScale: 1, initScale: 0.05, maxGuideScale: 0.2, progressBar: false,
};

let forgetful: Progress;
let mindful: Progress;
const told: (readonly number[])[] = [];

beforeAll(async () => {
  await ready({ backend: 'wasm' });
  forgetful = await expectNoLeak(() => learn(fineTuning, some, settings));
  mindful = await expectNoLeak(() => learn(continualLearning, some, settings, (accuracy) => told.push(accuracy)));
}, 120_000);

test('the tasks are a partition of the digits', () => {
  expect(tasks.map(({ name }) => name)).toEqual(['0 or 1', '2 or 3', '4 or 5', '6 or 7', '8 or 9']);
  for (const { index, train, test } of tasks) {
    expect([train.count, test.count]).toEqual([200, 20]);
    // Digits go round by ten: every task has its pair from each round.
    expect(test.labels.join('')).toBe('01'.repeat(10));
    expect(test.pixels.subarray(2 * PIXELS, 3 * PIXELS)).toEqual(digits.test.pixels.subarray((10 + 2 * index) * PIXELS, (11 + 2 * index) * PIXELS));
  }
});

test("a task's output is that of its own head", () => {
  const net = network(4, 1);
  const heads = net.getLayer('heads');
  // With no kernel, a head gives its bias.
  const weights = [tf.zeros([4, NUM_TASKS]), tf.tensor1d([10, 11, 12, 13, 14])];
  heads.setWeights(weights);
  for (const { index, test } of tasks) {
    const { x, y } = tensorsOf({ index }, test);
    const output = net.predict(x) as tf.Tensor;
    expect(output.shape).toEqual(y.shape);
    expect([...new Set(output.dataSync())]).toEqual([10 + index]);
    tf.dispose([x, y, output] as never);
  }
  net.dispose();
  tf.dispose(weights);
});

test('both know a task that they have just learnt; only one knows those before', () => {
  expect(mindful.accuracy.map((known) => known.length)).toEqual([1, 2, 3]);
  expect(told).toEqual(mindful.accuracy);
  for (const { accuracy } of [forgetful, mindful]) {
    for (const known of accuracy) expect(known.at(-1)).toBeGreaterThan(0.9);
  }
  expect(meanOf(mindful.accuracy[2]!)).toBeGreaterThan(meanOf(forgetful.accuracy[2]!) + 0.05);
});

test('the table has a line for each task, and the mean at its end', () => {
  const text = textTable(columnsFor('VCL, %', tasks), rowsOf({ ...mindful, accuracy: [[1], [0.5, 1]] }, tasks));
  expect(text.split('\n').map((line) => line.trim().split(/\s{2,}/))).toEqual([
    ['VCL, %', ...tasks.map(({ name }) => name), 'mean'],
    ['after 0 or 1', '100.00', '100.00'],
    ['after 2 or 3', '50.00', '100.00', '75.00'],
  ]);
});

test('the picture has a cell for each task after each, and a line for each learner', () => {
  const svg = figure([forgetful, mindful], some);
  expect(svg).not.toMatch(/NaN|undefined/);
  const elements = parseXml(svg);
  expect(elements.filter(({ name, within }) => name === 'rect' && within.includes('cell'))).toHaveLength(2 * 6);
  expect(elements.filter(({ name, within }) => name === 'path' && within.includes('line'))).toHaveLength(2);
  expect(elements.map(({ text }) => text)).toEqual(expect.arrayContaining(['fine-tuning', 'VCL', 'tasks learnt']));
});
