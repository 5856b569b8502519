import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import fc from 'fast-check';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as metrics from '../../src/metrics/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { mean, softmax, sum } from './helpers.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const entropyOf = (probs: readonly number[]) => -sum(probs.map((p) => (p === 0 ? 0 : p * Math.log(p))));
const real = fc.double({ min: -5, max: 5, noNaN: true });

test('predictive entropy: nothing where one class is certain, log K where all are alike', () => {
  const [certain, uniform, other] = metrics.predictiveEntropy([[0, 1, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.3, 0.2]]);
  expect(certain).toBe(0);
  expect(uniform).toBeCloseTo(Math.log(3), 12);
  expect(other).toBeCloseTo(entropyOf([0.5, 0.3, 0.2]), 12);
  expect(metrics.predictiveEntropy([0, 0.5])).toEqual([0, Math.LN2]);
  expect(metrics.predictiveEntropy([[800, -800, 0]], { logits: true })).toEqual([0]);
});

test('classes: total is the entropy of the mixture, aleatoric the mean entropy, and the rest is epistemic', () => {
  const draws = fc.array(fc.tuple(fc.tuple(real, real, real), fc.tuple(real, real, real)), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(draws, (logits) => {
      const found = metrics.categoricalUncertainty(logits, { logits: true });
      [0, 1].forEach((datum) => {
        const probs = logits.map((draw) => softmax(draw[datum]!));
        const mixture = [0, 1, 2].map((k) => mean(probs.map((row) => row[k]!)));
        expect(found.total[datum]).toBeCloseTo(entropyOf(mixture), 10);
        expect(found.aleatoric[datum]).toBeCloseTo(mean(probs.map(entropyOf)), 10);
        expect(found.epistemic[datum]).toBeCloseTo(entropyOf(mixture) - mean(probs.map(entropyOf)), 10);
        expect(found.epistemic[datum]).toBeGreaterThanOrEqual(0);
      });
      expect(metrics.mutualInformation(logits, { logits: true })).toEqual(found.epistemic);
      expect(metrics.categoricalUncertainty(logits.map((draw) => draw.map(softmax))).epistemic).toEqual(found.epistemic.map((e) => expect.closeTo(e, 10)));
    }),
    { seed: 5 },
  );
});

test('classes: draws that are certain and disagree are all doubt, draws that agree none', () => {
  const disagreeing = metrics.categoricalUncertainty([[[1], [0.2]], [[0], [0.2]]]);
  expect(disagreeing.epistemic).toEqual([Math.LN2, 0]);
  expect(disagreeing.aleatoric[0]).toBe(0);
  expect(disagreeing.aleatoric[1]).toBeCloseTo(entropyOf([0.2, 0.8]), 12);
});

test('the mutual information of draws that all but agree is not lost in rounding', () => {
  // Two draws p ± e: e² / (2 p (1 - p)) to second order.
  const e = 1e-9;
  const [found] = metrics.mutualInformation([[[0.3 + e, 0.7 - e]], [[0.3 - e, 0.7 + e]]]);
  expect(found! / ((e * e) / (2 * 0.3 * 0.7))).toBeLessThan(100);
});

test('numbers: the total is the variance that the likelihood aggregates to', () => {
  const draws = fc.array(fc.tuple(real, fc.double({ min: 0.1, max: 2, noNaN: true })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(draws, (runs) => {
      const scale = runs.map(([, s]) => [[s]]);
      const means = runs.map(([m]) => [[m, 1], [2 * m, -m]]);
      const found = metrics.gaussianUncertainty({ mean: means, scale });
      expect(found.aleatoric).toEqual([0, 1, 2, 3].map(() => expect.closeTo(mean(runs.map(([, s]) => s * s)), 10)));
      const centre = mean(runs.map(([m]) => m));
      const between = mean(runs.map(([m]) => (m - centre) ** 2));
      expect(found.epistemic).toEqual([between, 0, 4 * between, between].map((v) => expect.closeTo(v, 8)));
      const scales = tf.tidy(() => {
        const likelihood = likelihoods.homoskedasticGaussian({ scale: 1 });
        return [...likelihood.aggregatePredictions({ mean: tf.tensor(means), scale: tf.tensor(scale) }).scale.dataSync()] as never;
      }) as number[];
      scales.forEach((s, i) => expect(s * s).toBeCloseTo(found.total[i]!, 2));
    }),
    { seed: 6, numRuns: 50 },
  );
});

test('tensors stay the caller\'s, and no others are left', () => {
  const draws = tf.softmax(tf.tensor3d([[[1, 2], [0, 3]], [[2, 1], [0, 0]]]));
  const gaussian = { mean: tf.ones([2, 3, 1]), scale: tf.scalar(0.5) };
  expectNoLeak(() => {
    expect(metrics.categoricalUncertainty(draws).total).toHaveLength(2);
    expect(metrics.gaussianUncertainty(gaussian)).toEqual({ total: [0.25, 0.25, 0.25], aleatoric: [0.25, 0.25, 0.25], epistemic: [0, 0, 0] });
  });
  tf.dispose([draws, gaussian]);
});

describe('refuses, saying what to do', () => {
  const refusals: [string, () => unknown, RegExp][] = [
    ['aggregated predictions', () => metrics.mutualInformation([[0.5, 0.5]]), /metrics\.mutualInformation: draws must have shape \[draws, data, classes\].*aggregate: false.*rank 2/],
    ['aggregated means', () => metrics.gaussianUncertainty({ mean: [1, 2], scale: 1 }), /must have shape \[draws, data, \.\.\.\], got \[2\]/],
    ['bare means', () => metrics.gaussianUncertainty([[1]] as never), /must be \{ mean, scale \}/],
    ['a misspelt option', () => metrics.predictiveEntropy([[1, 0]], { logit: true } as never), /unknown option "logit"/],
  ];
  test.each(refusals)('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
