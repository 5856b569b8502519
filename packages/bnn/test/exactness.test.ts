/** @file Bayesian linear regression, whose posterior is known, by each way of inference. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { dist, guides as autoguides, handlers as effects, infer, optim, ready } from '@tychejs/ppl';
import { McmcBNN, VariationalBNN, guides, likelihoods, priors } from '../src/index.ts';
import { exactPosterior, line, lineData, solve } from './helpers/linearRegression.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const SIGMA = 0.5;
const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const cooling = (steps: number, lr = 0.05) => optim.schedule(optim.adam({ lr }), { decaySteps: steps });
const model = () => ({ prior: priors.iid(dist.normal(0, 1)), likelihood: likelihoods.homoskedasticGaussian({ scale: SIGMA }) });
const times = (a: number[][], b: number[][]) => a.map((row) => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));

/** As TyXe's own tests ask: means within 1e-2, covariance times precision within 0.05 of the identity. */
function expectExact(mean: readonly number[], covariance: number[][], exact: ReturnType<typeof exactPosterior>): void {
  mean.forEach((value, i) => expect(Math.abs(value - exact.mean[i]!)).toBeLessThan(1e-2));
  times(covariance, exact.precision).forEach((row, i) => row.forEach((value, j) => expect(Math.abs(value - Number(i === j))).toBeLessThan(0.05)));
}

function momentsOf({ data, shape }: { data: Float64Array; shape: readonly number[] }): { mean: number[]; covariance: number[][] } {
  const count = shape[0]!;
  const size = data.length / count;
  const draws = Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
  const mean = Array.from({ length: size }, (_, i) => draws.reduce((sum, draw) => sum + draw[i]!, 0) / count);
  const covariance = mean.map((m, i) => mean.map((n, j) => draws.reduce((sum, draw) => sum + (draw[i]! - m) * (draw[j]! - n), 0) / count));
  return { mean, covariance };
}

test('by a mean-field guide, where the inputs are orthogonal', async () => {
  const x = tf.tensor2d(Array.from({ length: 24 }, (_, i) => [0, 1, 2].map((j) => (i % 3 === j ? 1 + (i % 4) / 4 : 0))));
  const y = tf.add(tf.matMul(x, tf.tensor2d([[1], [-0.5], [0.3]])), tf.mul(lineData(24, 1).y, 0.2)) as Tensor2D;
  const exact = exactPosterior({ x, y }, SIGMA);
  const bnn = new VariationalBNN({ net: line(3), ...model(), guide: guides.autoNormal({ initLoc: 0 }) });
  await seeded(1, () => bnn.fit({ x, y }, { optim: cooling(1500), epochs: 1500, numParticles: 4 }));
  [...bnn.guide!.median()['dense1.kernel']!.dataSync()].forEach((mean, i) => expect(Math.abs(mean - exact.mean[i]!)).toBeLessThan(1e-2));
  const scales = [...bnn.paramStore.get('guide.scales.dense1.kernel').dataSync()];
  scales.forEach((scale, i) => expect(Math.abs(scale ** -2 / exact.precision[i]![i]! - 1)).toBeLessThan(0.05));
  bnn.dispose();
});

/** The distribution of the weights that a full-covariance guide has learnt. */
function learnt(guide: autoguides.AutoMultivariateNormal<[]>): { mean: number[]; covariance: number[][] } {
  const { mean, matrix } = guide.getPosterior() as dist.MultivariateNormal;
  const factor = (matrix as Tensor).arraySync() as number[][];
  return { mean: [...mean.dataSync()], covariance: times(factor, factor.map((_, j) => factor.map((row) => row[j]!))) };
}

test('by a guide with full covariance', async () => {
  const data = lineData(40, SIGMA);
  const bnn = new VariationalBNN({ net: line(3), ...model(), guide: autoguides.AutoMultivariateNormal });
  await seeded(2, () => bnn.fit(data, { optim: cooling(3000), epochs: 3000, numParticles: 16 }));
  const { mean, covariance } = learnt(bnn.guide as autoguides.AutoMultivariateNormal<[]>);
  expectExact(mean, covariance, exactPosterior(data, SIGMA));
  bnn.dispose();
});

test.each(['HMC', 'NUTS'] as const)('by %s, and so are predictions', async (name) => {
  const data = lineData(40, SIGMA);
  const exact = exactPosterior(data, SIGMA);
  const kernel = name === 'NUTS' ? infer.NUTS : (target: never) => new infer.HMC(target, { targetAcceptProb: 0.9 });
  const bnn = new McmcBNN({ net: line(3), ...model(), kernel: kernel as typeof infer.NUTS });
  await bnn.fit(data, { numSamples: 10_000, numWarmup: 500, numChains: 4, seed: 3 });
  // Entries of the covariance times the precision have a standard error of at most sqrt(2 / 20000) = 0.01 if the squares' effective
  // sample size is half the draws: 4.5 of them are less than 0.05. That of the means is below 0.2 / sqrt(20000).
  const { mean, covariance } = momentsOf(bnn.getSamples()['dense1.kernel']!);
  expectExact(mean, covariance, exact);
  const at = lineData(5, SIGMA, 300).x;
  const { mean: predicted, scale } = tf.tidy(() => bnn.predict(at, { numSamples: 2000 }));
  (at.arraySync() as number[][]).forEach((row, n) => {
    const variance = row.reduce((sum, value, i) => sum + value * solve(exact.precision, row)[i]!, 0);
    const centre = row.reduce((sum, value, i) => sum + value * exact.mean[i]!, 0);
    expect(Math.abs(predicted.dataSync()[n]! - centre)).toBeLessThan(4.5 * Math.sqrt(variance / 1000));
    const spread = scale.dataSync()[n]! ** 2 - SIGMA ** 2;
    // The deviation of a variance from 1000 draws, and float32 in the difference.
    expect(Math.abs(spread - variance)).toBeLessThan(4.5 * variance * Math.sqrt(2 / 1000) + 1e-5);
  });
  bnn.dispose();
});

test('with full covariance, the posterior as a prior for the rest of the data gives the posterior of all (P50)', async () => {
  const data = lineData(40, SIGMA);
  const rows = (start: number) => ({ x: tf.slice(data.x, [start, 0], [20, 3]), y: tf.slice(data.y, [start, 0], [20, 1]) });
  // One vector of weights, so that a normal with full covariance fits the site.
  const net = {
    parameters: { w: tf.variable(tf.zeros([3])) },
    forward: (x: Tensor | Tensor[], { w }: Readonly<Record<string, Tensor>>) => tf.expandDims(tf.dot(x as Tensor2D, w as Tensor1D), 1),
  };
  const bnn = new VariationalBNN({ net, ...model(), guide: autoguides.AutoMultivariateNormal });
  const train = (seed: number, part: { x: Tensor; y: Tensor }) => seeded(seed, () => bnn.fit(part, { optim: cooling(3000), epochs: 3000, numParticles: 16 }));
  await train(4, rows(0));
  const first = learnt(bnn.guide as autoguides.AutoMultivariateNormal<[]>);
  expectExact(first.mean, first.covariance, exactPosterior(rows(0), SIGMA));
  const prior = dist.multivariateNormal(tf.tensor1d(first.mean), { covarianceMatrix: tf.tensor2d(first.covariance) });
  bnn.updatePrior(priors.dictionary({ w: prior }));
  await train(5, rows(20));
  const { mean, covariance } = learnt(bnn.guide as autoguides.AutoMultivariateNormal<[]>);
  const exact = exactPosterior(data, SIGMA);
  mean.forEach((value, i) => expect(Math.abs(value - exact.mean[i]!)).toBeLessThan(1.5e-2));
  // Two fits, each as exact as above.
  times(covariance, exact.precision).forEach((row, i) => row.forEach((value, j) => expect(Math.abs(value - Number(i === j))).toBeLessThan(0.1)));
  bnn.dispose();
});
