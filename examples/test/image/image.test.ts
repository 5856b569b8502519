/** @file The image field: its parts by hand, and all of it on a small picture. */
import '../helpers/pngForJest.ts';
import '../helpers/plotForJest.ts';
import * as tf from '@tensorflow/tfjs-core';
import { encode } from 'fast-png';
import { ready } from '@tychejs/ppl';
import { columns, compare, judge, type Comparison, type ImageSettings } from '../../src/image/compare.ts';
import { featureGrid } from '../../src/image/featureGrid.ts';
import { figure } from '../../src/image/figure.ts';
import { roles } from '../../src/image/hide.ts';
import { loadPhotograph, readGrey, type GreyImage } from '../../src/image/photograph.ts';
import { charbonnier, klWeight } from '../../src/image/train.ts';
import { heat, grey } from '../../src/plots/imagePlot.ts';
import { textTable } from '../../src/table.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { parseXml } from '../helpers/xml.ts';

beforeAll(() => ready({ backend: 'wasm' }));

test('photographs are read and stretched to the full range', () => {
  const png = (channels: number, data: number[]) => encode({ width: 2, height: data.length / channels / 2, channels, depth: 8, data: Uint8Array.from(data) });
  expect(readGrey(png(1, [10, 60, 110, 60]))).toEqual({ width: 2, height: 2, brightness: [0, 0.5, 1, 0.5] });
  expect(() => readGrey(png(3, [1, 2, 3, 4, 5, 6]))).toThrow('this file has 3');
  expect(() => readGrey(png(1, [7, 7]))).toThrow('one shade');
  const { width, height, brightness } = loadPhotograph();
  expect([width, height, brightness.length]).toEqual([128, 60, 7680]);
});

test('pixels are in the hole, scattered, or seen', () => {
  const its = roles({ width: 10, height: 6 }, { left: 2, top: 1, right: 5, bottom: 3 }, 0.25, 1);
  expect(its.flatMap((role, i) => (role === 'hole' ? [i] : []))).toEqual([12, 13, 14, 22, 23, 24]);
  expect(its.filter((role) => role === 'scattered')).toHaveLength(Math.round(0.25 * 54));
});

test('a dense layer on a feature grid interpolates between nodes', () => {
  const image = { width: 7, height: 5 };
  tf.tidy(() => {
    const features = featureGrid(image, [3, 2]);
    // Nodes at columns 0, 3, 6 and rows 0, 3, 6; then at columns 0 .. 6 and rows 0 .. 4 by twos.
    expect(features.shape).toEqual([35, 9 + 12]);
    // Bilinear interpolation of a plane gives the plane: of both grids, twice.
    const plane = (x: number, y: number) => 1 + 2 * x - 3 * y;
    const nodes = [3, 2].flatMap((spacing) => {
      const [across, down] = [Math.ceil(6 / spacing) + 1, Math.ceil(4 / spacing) + 1];
      return Array.from({ length: across * down }, (_, k) => [plane((k % across) * spacing, Math.floor(k / across) * spacing)]);
    });
    const values = tf.matMul(features, tf.tensor2d(nodes)).dataSync();
    values.forEach((value, i) => expect(value).toBeCloseTo(2 * plane(i % 7, Math.floor(i / 7)), 4));
  });
});

test('the loss is half a square for small errors and a distance for large ones', () => {
  const loss = (error: number) => tf.tidy(() => charbonnier(tf.tensor1d([error]), tf.tensor1d([0]), 0.1).dataSync()[0]!);
  expect(loss(0.01)).toBeCloseTo(0.01 ** 2 / (2 * 0.1 ** 2), 4);
  expect(loss(10)).toBeCloseTo(10 / 0.1 - 1, 1);
});

test('the divergence comes in by and by', () => {
  const weight = (step: number) => klWeight(step, { annealing: [10, 20], klFactor: 0.5 });
  expect([0, 10, 20, 30, 1000].map(weight)).toEqual([0, 0, 0.25, 0.5, 0.5]);
});

test('errors and deviations are told apart by role, by hand', () => {
  const image: GreyImage = { width: 4, height: 1, brightness: [0, 0.5, 1, 0.5] };
  const { scores, correlation } = judge({ mean: [0.1, 0.5, 0.6, 0.8], sd: [0.1, 0.2, 0.4, 0.3] }, image, ['seen', 'scattered', 'hole', 'hole']);
  expect(scores.seen.error).toBeCloseTo(0.1, 10);
  expect(scores.hole.error).toBeCloseTo(Math.sqrt((0.16 + 0.09) / 2), 10);
  expect(scores.hole.sd).toBeCloseTo(0.35, 10);
  // Errors 0, 0.4, 0.3 beside deviations 0.2, 0.4, 0.3.
  expect(correlation).toBeCloseTo(0.0400 / Math.sqrt(0.02 * 0.0866667), 4);
});

test('colours go from dark to light', () => {
  expect([grey(-1), grey(0.5), grey(2)]).toEqual([[0, 0, 0], [128, 128, 128], [255, 255, 255]]);
  const brightness = Array.from({ length: 21 }, (_, i) => heat(i / 20)).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b);
  brightness.slice(1).forEach((value, i) => expect(value).toBeGreaterThan(brightness[i]!));
});

describe('on a small picture', () => {
  // Waves of 10 and 14 pixels.
  const [width, height] = [24, 16];
  const image: GreyImage = { width, height, brightness: Array.from({ length: width * height }, (_, i) => 0.5 + 0.25 * (Math.sin((i % width) / 1.6) + Math.cos(Math.floor(i / width) / 2.2))) };
  const settings: ImageSettings = {
    hole: { left: 8, top: 4, right: 16, bottom: 12 },
    scattered: 0.2,
    spacings: [8, 2],
    hidden: 8,
    train: { steps: 500, lr: 0.02, batchSize: 64, tolerance: 0.05, annealing: [100, 200], klFactor: 0.3 },
    draws: 24,
    seed: 1,
  };
  let result: Comparison;
  beforeAll(async () => {
    result = await expectNoLeak(() => compare(image, settings));
  }, 60_000);

  test('the network is less sure of the hole than of what it saw', () => {
    const [point, bayesian] = result.rows;
    expect(point!.scores.hole.sd).toBe(0);
    expect(point!.scores.seen.error).toBeLessThan(0.05);
    expect(bayesian!.scores.seen.error).toBeLessThan(0.1);
    expect(bayesian!.scores.hole.sd).toBeGreaterThan(2 * bayesian!.scores.seen.sd);
    expect(bayesian!.correlation).toBeGreaterThan(0.3);
    expect(textTable(columns, result.rows)).not.toMatch(/NaN|undefined/);
  });

  test('the picture has four panels with the hole outlined', () => {
    const elements = parseXml(figure(result, settings.hole));
    expect(elements.filter(({ name }) => name === 'image')).toHaveLength(4);
    expect(elements.filter(({ name, attributes }) => name === 'rect' && 'stroke-dasharray' in attributes)).toHaveLength(4);
  });
});
