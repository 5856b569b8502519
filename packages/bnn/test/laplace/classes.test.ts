/** @file Laplace's approximation of classifiers, against Hessians by finite differences. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { handlers as effects, ready } from '@tychejs/ppl';
import { LaplaceBNN, likelihoods } from '../../src/index.ts';
import type { CovarianceStructure } from '../../src/index.ts';
import { wavy } from '../helpers/nets.ts';
import type { Matrix } from './oracle.ts';
import { dot, hessian, invert, plusDiagonal, times } from './oracle.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const [N, D] = [40, 3];
const inputs = () => tf.mul(wavy([N, 2]), 2) as Tensor2D;
const rows = (x: Tensor2D): Matrix => (x.arraySync() as Matrix).map((row) => [...row, 1]);

/** One layer, with a bias. Weights as they are anywhere: [outputs, 3], the bias last. */
function linear(outputs: number, start = 5) {
  const net = sequential({ layers: [layers.dense({ units: outputs, inputShape: [2] })] });
  net.setWeights([wavy([2, outputs], start), wavy([outputs], start + 20)]);
  const [kernel, bias] = net.getWeights() as [Tensor2D, Tensor];
  const theta = (tf.transpose(tf.concat([kernel, tf.reshape(bias, [1, outputs])])).arraySync() as Matrix).flat();
  return { net, theta };
}

interface Posterior {
  outputs(features: Tensor): { mean: Tensor; variance: Tensor };
  draw(stream: unknown, count: number): { kernel: { data: Float64Array }; bias: { data: Float64Array } };
}
const posteriorOf = (laplace: unknown): Posterior => (laplace as { posterior(): Posterior }).posterior();

const logit = (f: number, y: number) => -Math.log1p(Math.exp(y === 1 ? -f : f));
const logSoftmax = (f: readonly number[], y: number) => f[y]! - Math.log(f.reduce((sum, each) => sum + Math.exp(each), 0));
const outputsAt = (theta: readonly number[], row: readonly number[], outputs: number) => Array.from({ length: outputs }, (_, c) => dot(theta.slice(c * D, (c + 1) * D), row));

const labels = Int32Array.from({ length: N }, (_, i) => (7 * i + (i >> 2)) % 3);

/** Each family: its likelihood, outputs, targets, and the log-likelihood of all data in plain numbers. */
const FAMILIES = {
  categorical: {
    likelihood: () => likelihoods.categorical(),
    outputs: 3,
    targets: () => tf.tensor1d(labels, 'int32') as Tensor,
    logLikelihood: (theta: readonly number[], phi: Matrix) => phi.reduce((sum, row, n) => sum + logSoftmax(outputsAt(theta, row, 3), labels[n]!), 0),
  },
  bernoulli: {
    likelihood: () => likelihoods.bernoulli(),
    outputs: 2,
    targets: () => tf.tensor2d(Float32Array.from({ length: 2 * N }, (_, i) => Number((i * 5) % 7 < 3)), [N, 2]) as Tensor,
    logLikelihood: (theta: readonly number[], phi: Matrix) =>
      phi.reduce((sum, row, n) => sum + outputsAt(theta, row, 2).reduce((each, f, c) => each + logit(f, Number(((2 * n + c) * 5) % 7 < 3)), 0), 0),
  },
  poisson: {
    likelihood: () => likelihoods.poisson(),
    outputs: 2,
    targets: () => tf.tensor2d(Float32Array.from({ length: 2 * N }, (_, i) => (i * 5) % 4), [N, 2]) as Tensor,
    logLikelihood: (theta: readonly number[], phi: Matrix) =>
      phi.reduce((sum, row, n) => {
        const term = (f: number, c: number) => ((2 * n + c) * 5) % 4 * f - Math.exp(f) - [0, 0, Math.log(2), Math.log(6)][((2 * n + c) * 5) % 4]!;
        return sum + outputsAt(theta, row, 2).reduce((each, f, c) => each + term(f, c), 0);
      }, 0),
  },
} as const;

type FamilyName = keyof typeof FAMILIES;
const delta = 1.3;

async function fitted(name: FamilyName, structure: CovarianceStructure, options: object = {}) {
  const { likelihood, outputs, targets, logLikelihood } = FAMILIES[name];
  const { net, theta } = linear(outputs);
  const laplace = new LaplaceBNN({ net, likelihood: likelihood() as never, structure, priorPrecision: delta, ...options });
  const found = await laplace.fit({ x: inputs(), y: targets() }, { batchSize: 9 });
  const phi = rows(inputs());
  const negative = (at: readonly number[]) => -logLikelihood(at, phi);
  return { laplace, found, theta, phi, outputs, logLikelihood: -negative(theta), curvature: hessian(negative, theta) };
}

/** What the structure keeps of the Hessian. */
function kept(structure: CovarianceStructure, h: Matrix, phi: Matrix, outputs: number): Matrix {
  if (structure === 'full') return h;
  if (structure === 'diagonal') return h.map((row, i) => row.map((value, j) => (i === j ? value : 0)));
  const gram = phi[0]!.map((_, i) => phi[0]!.map((__, j) => phi.reduce((sum, row) => sum + row[i]! * row[j]!, 0)));
  // Σ Λ stands where the feature is the constant one.
  const mean = Array.from({ length: outputs }, (_, a) => Array.from({ length: outputs }, (__, b) => h[a * D + D - 1]![b * D + D - 1]! / N));
  return h.map((row, i) => row.map((_, j) => mean[Math.floor(i / D)]![Math.floor(j / D)]! * gram[i % D]![j % D]!));
}

const STRUCTURES = ['full', 'kronecker', 'diagonal'] as const;

describe.each(Object.keys(FAMILIES) as FamilyName[])('%s', (name) => {
  test.each(STRUCTURES)('has variances and evidence of the Hessian by differences (%s)', async (structure) => {
    const { laplace, found, theta, phi, outputs, logLikelihood, curvature } = await fitted(name, structure);
    const { inverse, logDet } = invert(plusDiagonal(kept(structure, curvature, phi, outputs), delta));
    const evidence = logLikelihood - 0.5 * delta * dot(theta, theta) + 0.5 * theta.length * Math.log(delta) - 0.5 * logDet;
    expect(found.logMarginalLikelihood).toBeCloseTo(evidence, 3);
    expect(found.noiseScale).toBeNull();
    const { mean, variance } = tf.tidy(() => posteriorOf(laplace).outputs(inputs()));
    phi.slice(0, 8).forEach((row, n) =>
      outputsAt(theta, row, outputs).forEach((f, c) => {
        // Of classes, the outputs less their mean count: 3 / 2 of the variance of that.
        const share = (output: number) => (name === 'categorical' ? Math.sqrt(1.5) * (Number(output === c) - 1 / 3) : Number(output === c));
        const direction = Array.from({ length: theta.length }, (_, i) => share(Math.floor(i / D)) * row[i % D]!);
        expect((mean.arraySync() as Matrix)[n]![c]).toBeCloseTo(f, 4);
        expect((variance.arraySync() as Matrix)[n]![c]! / dot(direction, times(inverse, direction))).toBeCloseTo(1, 4);
      }),
    );
    laplace.dispose();
  });

  test('draws weights with that covariance, of all outputs together', async () => {
    const { laplace, theta, phi, outputs, curvature } = await fitted(name, 'full');
    const { inverse } = invert(plusDiagonal(kept('full', curvature, phi, outputs), delta));
    const count = 4000;
    const rowsOf = seeded(3, () => laplace.predict(tf.tensor2d([[0, 0], [1, 0], [0, 1]]), { numSamples: count, aggregate: false })) as unknown as Tensor;
    // Outputs at 0 are the bias, and at the unit vectors a weight more. Softmax leaves a constant open.
    const draws = rowsOf.arraySync() as number[][][];
    const centred = (f: number[]) => (name === 'categorical' ? f.map((each) => each - (f[0]! + f[1]! + f[2]!) / 3) : f);
    const weights = draws.map(([bias, first, second]) => [centred(first!.map((f, c) => f - bias![c]!)), centred(second!.map((f, c) => f - bias![c]!)), centred(bias!)].flat());
    const mean = weights[0]!.map((_, i) => weights.reduce((sum, w) => sum + w[i]!, 0) / count);
    const project = (v: number[]) => (name === 'categorical' ? [0, 1, 2].flatMap((k) => centred([0, 1, 2].map((c) => v[c * D + k]!))) : [0, 1, 2].flatMap((k) => [0, 1].map((c) => v[c * D + k]!)));
    const exactMean = project(theta);
    const columns = inverse.map((row) => project(row));
    const exact = columns[0]!.map((_, j) => project(columns.map((row) => row[j]!)));
    exactMean.forEach((m, i) => expect(Math.abs(mean[i]! - m)).toBeLessThan(4.5 * Math.sqrt(exact[i]![i]! / count) + 1e-5));
    exact.forEach((row, i) =>
      row.forEach((value, j) => {
        const sample = weights.reduce((sum, w) => sum + (w[i]! - mean[i]!) * (w[j]! - mean[j]!), 0) / count;
        const error = Math.sqrt((exact[i]![i]! * exact[j]![j]! + value ** 2) / count);
        expect(Math.abs(sample - value)).toBeLessThan(4.5 * error);
      }),
    );
    laplace.dispose();
  });

  test('predicts in closed form nearly what draws predict', async () => {
    const { laplace } = await fitted(name, 'full');
    const at = tf.mul(wavy([10, 2], 50), 2);
    const tensors = [laplace.predict(at), seeded(4, () => laplace.predict(at, { numSamples: 3000 }))] as unknown as Tensor[];
    const [closed, drawn] = tensors.map((f) => [...(name === 'categorical' ? tf.softmax(f) : name === 'bernoulli' ? tf.sigmoid(f) : tf.exp(f)).dataSync()]);
    // The probit's error is a few per cent; that of draws of rates e^f is 1.4 √(e^v - 1) %, with v up to 0.1.
    closed!.forEach((p, i) => expect(Math.abs(p - drawn![i]!)).toBeLessThan(name === 'poisson' ? 0.03 * p : 0.02));
    laplace.dispose();
  });
});

test('the precision of the prior is that of the greatest evidence', async () => {
  const { laplace, found, theta, logLikelihood, curvature } = await fitted('categorical', 'full', { priorPrecision: 'marginalLikelihood' });
  const evidence = (d: number) => logLikelihood - 0.5 * d * dot(theta, theta) + 0.5 * theta.length * Math.log(d) - 0.5 * invert(plusDiagonal(curvature, d)).logDet;
  expect(found.logMarginalLikelihood).toBeCloseTo(evidence(found.priorPrecision), 3);
  const [below, top, above] = [-0.03, 0, 0.03].map((by) => evidence(found.priorPrecision * Math.exp(by))) as [number, number, number];
  expect(Math.abs(above - below) / (2 * top - below - above)).toBeLessThan(0.05);
  expect(laplace.logMarginalLikelihood).toBe(found.logMarginalLikelihood);
  expect(laplace.logMarginalLikelihoodAt({ priorPrecision: 2 })).toBeCloseTo(evidence(2), 3);
});

test('at the mode, the evidence and the posterior of a logistic regression are near those by quadrature', async () => {
  const x = inputs();
  const y = Float32Array.from({ length: N }, (_, i) => Number(Math.sin(3 * i) + 2 * x.arraySync()[i]![0]! > 0));
  const phi = x.arraySync() as Matrix;
  const logJoint = (w: readonly number[]) => phi.reduce((sum, row, n) => sum + logit(dot(w, row), y[n]!), 0) - 0.5 * delta * dot(w, w) + Math.log(delta / (2 * Math.PI));
  // Newton's method, with differences.
  let mode = [0, 0];
  for (let step = 0; step < 8; step++) {
    const gradient = mode.map((_, i) => (logJoint(mode.map((m, k) => m + 1e-4 * Number(k === i))) - logJoint(mode.map((m, k) => m - 1e-4 * Number(k === i)))) / 2e-4);
    const move = times(invert(hessian(logJoint, mode)).inverse, gradient);
    mode = mode.map((m, i) => m - move[i]!);
  }
  const net = sequential({ layers: [layers.dense({ units: 1, useBias: false, inputShape: [2] })] });
  net.setWeights([tf.tensor2d(mode, [2, 1])]);
  const laplace = new LaplaceBNN({ net, likelihood: likelihoods.bernoulli(), priorPrecision: delta });
  const { logMarginalLikelihood } = await laplace.fit({ x, y: tf.tensor2d(y, [N, 1]) });
  const grid = Array.from({ length: 121 }, (_, i) => -6 + i / 10);
  const cells = grid.flatMap((a) => grid.map((b) => ({ a: mode[0]! + a, b: mode[1]! + b })));
  const weights = cells.map(({ a, b }) => Math.exp(logJoint([a, b])) * 0.01);
  const total = weights.reduce((sum, w) => sum + w, 0);
  expect(Math.abs(logMarginalLikelihood - Math.log(total))).toBeLessThan(0.05);
  const at = [[1, 1], [-0.2, 0.4], [3, -3]];
  const predicted = tf.sigmoid(laplace.predict(tf.tensor2d(at))).dataSync();
  at.forEach((row, i) => {
    const exact = cells.reduce((sum, { a, b }, k) => sum + weights[k]! / (1 + Math.exp(-dot([a, b], row))), 0) / total;
    expect(Math.abs(predicted[i]! - exact)).toBeLessThan(0.02);
  });
  laplace.dispose();
});
