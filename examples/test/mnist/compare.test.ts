/** @file The comparison, end to end: small networks, and bar codes in place of digits. */
import '../helpers/plotForJest.ts';
import '../helpers/pngForJest.ts';
import { ready } from '@tychejs/ppl';
import { barCodes } from '../helpers/digits.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';
import { columns, compare, type CompareSettings, type Data, type Row } from '../../src/mnist/compare.ts';
import { figure } from '../../src/mnist/figure.ts';
import { PIXELS } from '../../src/mnist/images.ts';
import { convolutional, perceptron } from '../../src/mnist/network.ts';
import { lastLayer, meanField, ways } from '../../src/mnist/ways.ts';
import { textTable } from '../../src/table.ts';

const guide = { priorScale: 0.2, initScale: 0.01, maxGuideScale: 0.05 };
const settings: CompareSettings = {
  seed: 1,
  numSamples: 8,
  angles: [0, 45, 90],
  turning: 3,
  ways,
  networks: [{ architecture: perceptron(8), fit: { ...guide, epochs: { point: 8, distribution: 12 }, batchSize: 50, lr: 0.01 } }],
  progressBar: false,
};
const small: CompareSettings = {
  ...settings,
  ways: [meanField],
  networks: [{ architecture: convolutional(2), fit: { ...guide, epochs: { point: 1, distribution: 1 }, batchSize: 100, lr: 0.02 } }],
};
const noise = { count: 30, pixels: Uint8Array.from({ length: 30 * PIXELS }, (_, i) => (i * 7919) % 256), labels: new Uint8Array(30) };
const data: Data = { train: barCodes(300), test: barCodes(60), clothes: noise };

let rows: readonly Row[];
const told: string[] = [];
const row = (way: string): Row => rows.find((each) => each.network === 'MLP' && each.way === way)!;

beforeAll(async () => {
  await ready({ backend: 'wasm' });
  const onRow = ({ network, way }: Row) => told.push(`${network}, ${way}`);
  rows = await expectNoLeak(async () => [...(await compare(data, settings, onRow)), ...(await compare(data, small, onRow))]);
}, 120_000);

test('a row for each network in each way, told as it comes', () => {
  const expected = [...ways.map(({ name }) => `MLP, ${name}`), 'CNN, mean field'];
  expect(rows.map(({ network, way }) => `${network}, ${way}`)).toEqual(expected);
  expect(told).toEqual(expected);
  const text = textTable(columns, rows);
  expect(text.split('\n')).toHaveLength(1 + rows.length);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test('perceptrons learn the codes in every way, and are surer of them than of turned ones', () => {
  for (const { name } of ways) {
    const { error, negativeLogLikelihood, confidence, detection, entropyByAngle } = row(name).scores;
    // Guessing errs in nine of ten, at log 10 = 2.3 nats.
    expect(error).toBeLessThan(0.2);
    expect(negativeLogLikelihood).toBeLessThan(1);
    expect(confidence).toBeGreaterThan(0.5);
    expect(detection.turned.entropy).toBeGreaterThan(0.7);
    expect(entropyByAngle).toHaveLength(3);
    expect(entropyByAngle[2]).toBeGreaterThan(entropyByAngle[0]!);
  }
});

test('mutual information is there where weights are uncertain', () => {
  for (const { name, isPoint } of ways) {
    for (const { mutualInformation } of Object.values(row(name).scores.detection)) {
      if (isPoint) expect(mutualInformation).toBeNull();
      else expect(mutualInformation).toBeGreaterThan(0.5);
    }
  }
});

test('the same seed gives the same scores', async () => {
  const [again] = await compare(data, { ...settings, ways: [lastLayer] });
  expect(again!.scores).toEqual(row('last layer').scores);
});

test('the picture names all ways, and shows the digit at some angles', () => {
  const elements = parseXml(figure({ rows, angles: [0, 30, 45], digit: barCodes(1) }));
  const words = elements.map(({ text }) => text);
  expect(words).toEqual(expect.arrayContaining([...ways.map(({ name }) => name), ...rows.map(({ network, way }) => `${network}, ${way}`)]));
  expect(elements.filter(({ name }) => name === 'image')).toHaveLength(2);
  const dots = elements.filter(({ name, within }) => name === 'circle' && within.includes('dot'));
  // Two for each row by entropy, and two more where weights are uncertain; above, one for each angle on each line.
  const numUncertain = rows.filter(({ scores }) => scores.detection.clothes.mutualInformation !== null).length;
  expect(dots).toHaveLength(2 * rows.length + 2 * numUncertain + 3 * ways.length);
});
