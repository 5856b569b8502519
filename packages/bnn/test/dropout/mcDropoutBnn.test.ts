import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, handlers as effects, optim, ready } from '@tychejs/ppl';
import type { Engine } from '@tychejs/ppl';
import { McDropoutBNN, VariationalBNN, likelihoods, priors } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { exactPosterior, line, lineData } from '../helpers/linearRegression.ts';
import { scramble, snapshot, wavy } from '../helpers/nets.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const noise = likelihoods.homoskedasticGaussian({ scale: 0.5 });
const make = (net: LayersModel, options: object = {}) => new McDropoutBNN({ net, likelihood: noise, ...options });
type Bnn = ReturnType<typeof make>;

/** The means of all draws: [draw, ...]. */
function draws(bnn: Bnn, x: Tensor, numSamples: number, engine: Engine = 'auto', seed = 1): number[][] {
  return tf.tidy(() => {
    const { mean } = seeded(seed, () => bnn.predict(x, { numSamples, engine, aggregate: false }));
    return tf.reshape(mean, [numSamples, -1]).arraySync() as number[][];
  });
}

/** Dropout on what a line is drawn through. */
function droppingLine(rate: number): LayersModel {
  const net = sequential({ layers: [layers.dropout({ rate, inputShape: [3] }), layers.dense({ units: 1 })] });
  net.setWeights([tf.tensor2d([[1], [-2], [0.5]]), tf.tensor1d([3])]);
  return net;
}

test('draws of a linear net have the mean and variance of dropout, every row by itself', () => {
  const [rate, count] = [0.3, 4000];
  const bnn = make(droppingLine(rate));
  const x = tf.tensor2d([[1, 1, 2], [0.5, -1, 1], [0.5, -1, 1]]);
  const rows = draws(bnn, x, count);
  // Output: 3 + Σ x w z / (1 - r), where z is 0 with probability r.
  const terms = [[1, -2, 1], [0.5, 2, 0.5], [0.5, 2, 0.5]];
  const moments = terms.map((row, i) => {
    const column = rows.map((draw) => draw[i]!);
    const mean = column.reduce((a, b) => a + b, 0) / count;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
    const exact = (row.reduce((sum, term) => sum + term ** 2, 0) * rate) / (1 - rate);
    // 4.5 standard errors; a variance's is at most √(2 / count) of it, as the tails are light.
    expect(Math.abs(mean - 3 - row.reduce((a, b) => a + b, 0))).toBeLessThan(4.5 * Math.sqrt(exact / count));
    expect(Math.abs(variance / exact - 1)).toBeLessThan(4.5 * Math.sqrt(2 / count));
    return { mean, variance };
  });
  const covariance = rows.reduce((sum, draw) => sum + (draw[1]! - moments[1]!.mean) * (draw[2]! - moments[2]!.mean), 0) / count;
  expect(Math.abs(covariance / moments[1]!.variance)).toBeLessThan(4.5 / Math.sqrt(count));
  bnn.dispose();
});

test('all else is as in prediction: batch normalisation uses its statistics and keeps them', async () => {
  const net = sequential({ layers: [layers.batchNormalization({ inputShape: [2] }), layers.dropout({ rate: 0.5 }), layers.dense({ units: 1 })] });
  // Scale, shift, kernel and bias; mean and variance.
  net.setWeights([tf.tensor1d([2, 3]), tf.tensor1d([1, -1]), tf.tensor2d([[1], [10]]), ...[[0.25], [0.5, 0], [4, 9]].map((w) => tf.tensor1d(w))]);
  const before = snapshot(net);
  const bnn = make(net);
  const bytes = await bnn.toBytes();
  const x = tf.tensor2d([[2.5, 1], [7, 7]]);
  const first = draws(bnn, x, 60).map(([value]) => value!);
  // (x - mean) / deviation * gamma + beta; doubled, as half is dropped.
  const units = [2 * ((2.5 - 0.5) / 2) * 2 + 2, 10 * (2 * ((1 / 3) * 3) - 2)];
  const possible = [0, units[0]!, units[1]!, units[0]! + units[1]!].map((value) => 0.25 + value);
  for (const value of first) expect(Math.min(...possible.map((each) => Math.abs(each - value)))).toBeLessThan(0.01);
  expect(new Set(first.map((value) => value.toFixed(1))).size).toBeGreaterThan(1);
  expect(Buffer.from(await bnn.toBytes())).toEqual(Buffer.from(bytes));
  expect(snapshot(net)).toEqual(before);
  bnn.dispose();
});

const recurrentInitializer = 'glorotNormal';

describe('whatever drops', () => {
  const front = [layers.dense({ units: 6, inputShape: [4], activation: 'tanh' })];
  const NETS: Record<string, () => LayersModel> = {
    'dropout in a model inside': () => sequential({ layers: [...front, sequential({ layers: [layers.dropout({ rate: 0.5, inputShape: [6] })] }) as never, layers.dense({ units: 1 })] }),
    alphaDropout: () => sequential({ layers: [layers.dense({ units: 6, inputShape: [4] }), layers.alphaDropout({ rate: 0.5 }), layers.dense({ units: 1 })] }),
    gaussianDropout: () => sequential({ layers: [layers.gaussianDropout({ rate: 0.5, inputShape: [4] }), layers.dense({ units: 1 })] }),
    gaussianNoise: () => sequential({ layers: [layers.gaussianNoise({ stddev: 0.5, inputShape: [4] }), layers.dense({ units: 1 })] }),
    spatialDropout1d: () =>
      sequential({ layers: [layers.reshape({ targetShape: [2, 2], inputShape: [4] }), layers.spatialDropout1d({ rate: 0.5 }), layers.flatten(), layers.dense({ units: 1 })] }),
    'a recurrent layer': () =>
      sequential({ layers: [layers.reshape({ targetShape: [2, 2], inputShape: [4] }), layers.lstm({ units: 3, dropout: 0.5, recurrentInitializer }), layers.dense({ units: 1 })] }),
    'a recurrent layer inside of another': () =>
      sequential({
        layers: [
          layers.reshape({ targetShape: [2, 2], inputShape: [4] }),
          layers.bidirectional({ layer: layers.gru({ units: 3, recurrentDropout: 0.5, recurrentInitializer }) as never, mergeMode: 'concat' }),
          layers.dense({ units: 1 }),
        ],
      }),
  };

  test.each(Object.keys(NETS))('%s goes on doing so, by the seed, compiled as eagerly', (name) => {
    const net = NETS[name]!();
    scramble(net);
    const bnn = make(net);
    const x = wavy([2, 4]);
    const eager = expectNoLeak(() => draws(bnn, x, 9, 'eager'));
    expect(new Set(eager.map(([first]) => first!.toFixed(6))).size).toBeGreaterThan(1);
    expect(draws(bnn, x, 9, 'eager', 2)).not.toEqual(eager);
    draws(bnn, x, 9, 'compiled').forEach((draw, i) => draw.forEach((value, k) => expect(value).toBeCloseTo(eager[i]![k]!, 4)));
    const without = new VariationalBNN({ net, prior: priors.iid(dist.normal(0, 1)), likelihood: noise, guide: null });
    expect(new Set(draws(without as never, x, 3).map(String)).size).toBe(1);
    for (const each of [bnn, without]) each.dispose();
  });
});

test('without a layer that drops, or with anything but layers, it is refused', () => {
  expectNoLeak(() => expect(() => make(line(3))).toThrow(/McDropoutBNN: no layer of the net drops anything.*tf\.layers\.dropout/), 1);
  expect(() => make(droppingLine(0))).toThrow(/no layer of the net drops anything/);
  expect(() => make({ forward: (x: Tensor) => x, parameters: {} } as never)).toThrow(/net must be a tf\.LayersModel/);
  expect(() => make(droppingLine(0.5), { guide: null })).toThrow(/guide/);
  expect(() => new McDropoutBNN(undefined as never)).toThrow(/needs options/);
  expect(() => make(droppingLine(0.5), { likelihood: 3 })).toThrow(/^McDropoutBNN: likelihood must be one of likelihoods/);
});

test('a prior makes fit seek the mode: with a linear net, that of ridge regression', async () => {
  const data = lineData(30, 0.3);
  // Almost no dropout: the loss is that of least squares.
  const net = sequential({ layers: [layers.dropout({ rate: 1e-6, inputShape: [3] }), layers.dense({ units: 1, useBias: false })] });
  const bnn = make(net, { prior: priors.iid(dist.normal(0, 0.2)), likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3 }) });
  await seeded(1, () => bnn.fit(data, { optim: optim.schedule(optim.adam({ lr: 0.1 }), { decaySteps: 200 }), epochs: 200 }));
  // Scaled so that the prior has deviation 1: w = 0.2 v.
  const { mean } = exactPosterior({ x: tf.mul(data.x, 0.2), y: data.y }, 0.3);
  const [unit] = draws(bnn, tf.eye(3), 1);
  unit!.forEach((value, i) => expect(value).toBeCloseTo(0.2 * mean[i]!, 2));
  const again = make(net, { prior: priors.iid(dist.normal(0, 0.2)), likelihood: likelihoods.homoskedasticGaussian({ scale: 0.3 }) });
  await again.load(await bnn.toBytes());
  expect(draws(again, data.x, 2)).toEqual(draws(bnn, data.x, 2));
  const evaluation = seeded(1, () => bnn.evaluate(data.x, data.y, { numSamples: 4 }));
  expect(evaluation.error).toBeLessThan(0.15);
  for (const each of [bnn, again]) each.dispose();
});
