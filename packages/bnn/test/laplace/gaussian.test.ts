/** @file With Gaussian noise the last layer is Bayesian linear regression, and nothing is approximated. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, ready } from '@tychejs/ppl';
import { LaplaceBNN, likelihoods } from '../../src/index.ts';
import { wavy } from '../helpers/nets.ts';
import type { Matrix } from './oracle.ts';
import { dot, linearEvidence, linearPosterior, times } from './oracle.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const [N, D, C] = [30, 4, 2];

/** A hidden layer, and weights of the last one that nobody trained. */
function network(useBias = true) {
  const net = sequential({ layers: [layers.dense({ units: D, activation: 'tanh', inputShape: [2] }), layers.dense({ units: C, useBias })] });
  net.setWeights(net.weights.map((weight, i) => tf.mul(wavy(weight.shape as number[], 40 * i), 1.5)));
  return net;
}

const x = () => tf.mul(wavy([N, 2]), 2) as Tensor2D;
const y = () => wavy([N, C], 333) as Tensor2D;

/** What comes into the last layer, with ones. */
function featuresOf(net: ReturnType<typeof network>, inputs: Tensor): Matrix {
  const [kernel, bias] = net.layers[0]!.getWeights() as [Tensor2D, Tensor];
  const rows = tf.tanh(tf.add(tf.matMul(inputs as Tensor2D, kernel), bias)).arraySync() as Matrix;
  return net.layers[1]!.getWeights().length === 2 ? rows.map((row) => [...row, 1]) : rows;
}

const columns = () => tf.transpose(y()).arraySync() as Matrix;

const CASES = [
  ['full', 500, true],
  ['kronecker', 500, true],
  ['full', 7, false],
] as const;

test.each(CASES)('mean, covariance and evidence are exact, whatever the weights are (%s, batches of %d)', async (structure, batchSize, useBias) => {
  const [delta, sigma] = [0.7, 0.4];
  const net = network(useBias);
  const laplace = new LaplaceBNN({ net, likelihood: likelihoods.homoskedasticGaussian({ scale: sigma }), structure, priorPrecision: delta });
  const { logMarginalLikelihood, priorPrecision, noiseScale } = await laplace.fit({ x: x(), y: y() }, { batchSize });
  const phi = featuresOf(net, x());
  expect(priorPrecision).toBe(delta);
  expect(noiseScale).toBeCloseTo(sigma, 6);
  // Features are float32: nine digits.
  expect(logMarginalLikelihood).toBeCloseTo(linearEvidence(phi, columns(), delta, sigma ** 2), 4);
  expect(laplace.logMarginalLikelihoodAt({ priorPrecision: 3, noiseScale: 0.2 })).toBeCloseTo(linearEvidence(phi, columns(), 3, 0.04), 3);
  const inputs = wavy([6, 2], 77);
  const { mean, scale } = laplace.predict(inputs);
  featuresOf(net, inputs).forEach((row, i) =>
    columns().forEach((targets, c) => {
      const exact = linearPosterior(phi, targets, delta, sigma ** 2);
      expect((mean.arraySync() as Matrix)[i]![c]).toBeCloseTo(dot(row, exact.mean), 4);
      expect((scale.arraySync() as Matrix)[i]![c]).toBeCloseTo(Math.sqrt(sigma ** 2 + dot(row, times(exact.covariance, row))), 4);
    }),
  );
  laplace.dispose();
});

describe('what is not known has the greatest evidence', () => {
  const evidence = (delta: number, s: number) => linearEvidence(featuresOf(network(), x()), columns(), delta, s);
  /** Moving one of them by a per cent makes the evidence less, by the curvature: the top is within 0.03 % then. */
  const expectTop = (f: (factor: number) => number) => {
    const [below, top, above] = [f(Math.exp(-0.01)), f(1), f(Math.exp(0.01))];
    expect(Math.max(below, above)).toBeLessThan(top);
    expect(Math.abs(above - below) / (2 * top - below - above)).toBeLessThan(0.05);
  };

  test('the precision of the prior', async () => {
    const laplace = new LaplaceBNN({ net: network(), likelihood: likelihoods.homoskedasticGaussian({ scale: 0.4 }) });
    const found = await laplace.fit({ x: x(), y: y() });
    expectTop((factor) => evidence(factor * found.priorPrecision, 0.16));
    expect(found.logMarginalLikelihood).toBeCloseTo(evidence(found.priorPrecision, 0.16), 4);
  });

  test.each(['scale', 'precision'] as const)('the noise, of unknown %s', async (name) => {
    const likelihood = likelihoods.homoskedasticGaussian({ [name]: dist.halfNormal(1) });
    const laplace = new LaplaceBNN({ net: network(), likelihood, priorPrecision: 2 });
    const { noiseScale, priorPrecision } = await laplace.fit({ x: x(), y: y() });
    expect(priorPrecision).toBe(2);
    expectTop((factor) => evidence(2, factor * noiseScale! ** 2));
    const at = wavy([3, 2]);
    const { scale } = laplace.predict(at);
    const draws = laplace.predict(at, { numSamples: 3, aggregate: false });
    expect([...draws.scale.dataSync()]).toEqual([0, 0, 0].map(() => expect.closeTo(noiseScale!, 5)));
    expect(Math.min(...scale.dataSync())).toBeGreaterThan(noiseScale!);
  });

  test('both', async () => {
    const laplace = new LaplaceBNN({ net: network(), likelihood: likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) }), structure: 'kronecker' });
    const { noiseScale, priorPrecision, logMarginalLikelihood } = await laplace.fit({ x: x(), y: y() });
    expectTop((factor) => evidence(priorPrecision, factor * noiseScale! ** 2));
    expectTop((factor) => evidence(factor * priorPrecision, noiseScale! ** 2));
    expect(logMarginalLikelihood).toBeCloseTo(evidence(priorPrecision, noiseScale! ** 2), 4);
  });
});

test('the diagonal alone: variances of the weights given all others', async () => {
  const [delta, sigma] = [0.7, 0.4];
  const net = network(false);
  const laplace = new LaplaceBNN({ net, likelihood: likelihoods.homoskedasticGaussian({ scale: sigma }), structure: 'diagonal', priorPrecision: delta });
  await laplace.fit({ x: x(), y: y() });
  const phi = featuresOf(net, x());
  const variances = Array.from({ length: D }, (_, k) => 1 / (phi.reduce((sum, row) => sum + row[k]! ** 2, 0) / sigma ** 2 + delta));
  const inputs = wavy([6, 2], 77);
  const { scale } = laplace.predict(inputs);
  featuresOf(net, inputs).forEach((row, i) => {
    const variance = dot(variances, row.map((value) => value ** 2));
    (scale.arraySync() as Matrix)[i]!.forEach((value) => expect(value).toBeCloseTo(Math.sqrt(sigma ** 2 + variance), 4));
  });
});

test('data that count for more, by datasetSize, are as good as that many', async () => {
  const [likelihood, twice] = [{}, { datasetSize: 2 * N }].map((options) => likelihoods.homoskedasticGaussian({ scale: 0.4, ...options }));
  const once = new LaplaceBNN({ net: network(), likelihood: twice! });
  const repeated = new LaplaceBNN({ net: network(), likelihood: likelihood! });
  const [a, b] = [await once.fit({ x: x(), y: y() }), await repeated.fit([[x(), y()], [x(), y()]])];
  expect(a.priorPrecision / b.priorPrecision).toBeCloseTo(1, 5);
  expect(a.logMarginalLikelihood).toBeCloseTo(b.logMarginalLikelihood, 4);
  await expect(once.fit([[x(), y()], [x(), y()], [x(), y()]])).rejects.toThrow(/datasetSize is 60, but there are 90 data/);
});
