/** @file Metrics of predicted numbers and counts. */
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import fc from 'fast-check';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as metrics from '../../src/metrics/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { mean, sum } from './helpers.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

/** Distribution functions with a closed form: of the Cauchy distribution, of t with two degrees of freedom. */
const CDFS: Record<number, (z: number) => number> = {
  1: (z) => 0.5 + Math.atan(z) / Math.PI,
  2: (z) => 0.5 + z / (2 * Math.sqrt(2 + z * z)),
};
const densityOfTwo = (z: number) => (2 + z * z) ** -1.5;

/** ∫ f from a to b by Simpson's rule. */
function integral(f: (x: number) => number, a: number, b: number, steps = 4000): number {
  const h = (b - a) / steps;
  return (h / 3) * sum(Array.from({ length: steps + 1 }, (_, i) => (i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2) * f(a + i * h)));
}

const normalCdf = (z: number) => 0.5 + integral((x) => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI), 0, z, 200);

/** ∫ (F - [x ≥ y])² in the unit interval of t = F... over the line, with x = tan(v) so that heavy tails are all there. */
const scoreByQuadrature = (cdf: (z: number) => number, y: number) => {
  const part = (from: number, to: number, below: boolean) =>
    integral((v) => (below ? cdf(Math.tan(v)) : 1 - cdf(Math.tan(v))) ** 2 / Math.cos(v) ** 2, from, to);
  const edge = Math.PI / 2 - 1e-4;
  return part(-edge, Math.atan(y), true) + part(Math.atan(y), edge, false);
};

const predictionsOf = fc.array(
  fc.record({ mean: fc.double({ min: -3, max: 3, noNaN: true }), scale: fc.double({ min: 0.2, max: 3, noNaN: true }), z: fc.double({ min: -4, max: 4, noNaN: true }) }),
  { minLength: 1, maxLength: 20 },
);

describe('known values', () => {
  test('of the transform: quantiles of the normal distribution, and of t with one and two degrees of freedom', () => {
    const z = [-1.959963985, 0, 1.644853627];
    metrics.pitValues({ mean: [1, 1, 1], scale: 2 }, z.map((q) => 1 + 2 * q)).forEach((u, i) => expect(u).toBeCloseTo([0.025, 0.5, 0.95][i]!, 6));
    for (const df of [1, 2]) {
      metrics.pitValues({ mean: [0, 0, 0], scale: 3, df }, [-6, 1, 9]).forEach((u, i) => expect(u).toBeCloseTo(CDFS[df]!([-2, 1 / 3, 3][i]!), 6));
    }
  });

  test('of the score: (√2 - 1) / √π at the mean of a normal distribution; nearly the error of one that is all but certain', () => {
    expect(metrics.continuousRankedProbabilityScore({ mean: [5], scale: 2 }, [5])).toBeCloseTo((2 * (Math.SQRT2 - 1)) / Math.sqrt(Math.PI), 6);
    expect(metrics.continuousRankedProbabilityScore({ mean: [[1], [2]], scale: 1e-6 }, [[4], [1]])).toBeCloseTo(2, 5);
  });

  test('of coverage: 90 % and 50 % intervals hold what is within 1.645 and 0.674 deviations', () => {
    const z = [0, 0.5, -0.67, 0.68, 1.6, -1.64, 1.65, 5];
    const { intervals, calibrationError } = metrics.intervalCalibration({ mean: z.map(() => 0), scale: 1 }, z, { levels: [0.5, 0.9] });
    expect(intervals).toEqual([{ level: 0.5, coverage: 3 / 8 }, { level: 0.9, coverage: 6 / 8 }]);
    expect(calibrationError).toBeCloseTo((1 / 8 + 0.15) / 2, 12);
  });

  test('of errors and sharpness', () => {
    expect(metrics.rootMeanSquaredError({ mean: [[1, 2], [3, 4]], scale: 1 }, [[1, 5], [3, 8]])).toBeCloseTo(2.5, 12);
    expect(metrics.rootMeanSquaredError({ rate: [1, 2] }, [4, 6])).toBeCloseTo(Math.sqrt(12.5), 12);
    expect(metrics.sharpness({ mean: [[0, 0], [0, 0]], scale: [1, 3] })).toBe(2);
    expect(metrics.sharpness({ mean: [0], scale: 1, df: 4 })).toBeCloseTo(Math.SQRT2, 12);
  });

  test('of a confusion matrix', () => {
    const probs = [[0.8, 0.1, 0.1], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0, 0, 1], [0.4, 0.2, 0.4]];
    expect(metrics.confusionMatrix(probs, [0, 1, 1, 2, 2])).toEqual([[1, 0, 0], [1, 1, 0], [1, 0, 1]]);
    expect(metrics.confusionMatrix([2, -1, 3], [1, 1, 0], { logits: true })).toEqual([[0, 1], [1, 1]]);
  });
});

describe('against slow ways', () => {
  test('the score is the integral of the squared distance of distribution functions', () => {
    for (const y of [-2, 0.3, 4]) {
      expect(metrics.continuousRankedProbabilityScore({ mean: [0], scale: 1, df: 2 }, [y])).toBeCloseTo(scoreByQuadrature(CDFS[2]!, y), 3);
      expect(metrics.continuousRankedProbabilityScore({ mean: [0], scale: 1 }, [y])).toBeCloseTo(integral((x) => normalCdf(x) ** 2, -8, y, 200) + integral((x) => (1 - normalCdf(x)) ** 2, y, 8, 200), 5);
      expect(metrics.continuousRankedProbabilityScore({ mean: [1], scale: 3, df: 2 }, [1 + 3 * y])).toBeCloseTo(3 * metrics.continuousRankedProbabilityScore({ mean: [0], scale: 1, df: 2 }, [y]), 5);
    }
  });

  test('the transform of a normal prediction, coverage and the histogram: by an integral of the density, and counting', () => {
    fc.assert(
      fc.property(predictionsOf, fc.integer({ min: 1, max: 12 }), (rows, bins) => {
        const predictions = { mean: rows.map((row) => [row.mean]), scale: rows.map((row) => [row.scale]) };
        const y = rows.map((row) => [row.mean + row.z * row.scale]);
        const expected = rows.map(({ z }) => normalCdf(z));
        fc.pre(expected.every((u) => Math.abs(u * bins - Math.round(u * bins)) > 1e-4 && Math.abs(Math.abs(2 * u - 1) - 0.8) > 1e-4));
        metrics.pitValues(predictions, y).forEach((u, i) => expect(u).toBeCloseTo(expected[i]!, 5));
        const heights = metrics.pitHistogram(predictions, y, { bins });
        heights.forEach((height, b) => expect(height).toBeCloseTo((expected.filter((u) => Math.floor(u * bins) === b).length / rows.length) * bins, 10));
        const { intervals } = metrics.intervalCalibration(predictions, y, { levels: [0.8] });
        expect(intervals[0]!.coverage).toBeCloseTo(mean(rows.map(({ z }) => Number(Math.abs(z) < 1.281551566))), 10);
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  test('counts: the shares of the step of the distribution function at each', () => {
    const counts = fc.array(fc.tuple(fc.double({ min: 0.1, max: 8, noNaN: true }), fc.nat(12)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 8 }), (rows, bins) => {
        const pmf = (rate: number, k: number) => Math.exp(-rate) * Array.from({ length: k }, (_, i) => rate / (i + 1)).reduce((a, b) => a * b, 1);
        const cdf = (rate: number, k: number) => sum(Array.from({ length: k + 1 }, (_, i) => pmf(rate, i)));
        // Far in the tail a step is too small for float32.
        fc.pre(rows.every(([rate, y]) => pmf(rate, y) > 1e-2));
        const reached = (rate: number, y: number, u: number) => Math.min(1, Math.max(0, (u - cdf(rate, y - 1)) / pmf(rate, y)));
        const heights = metrics.pitHistogram({ rate: rows.map(([rate]) => rate) }, rows.map(([, y]) => y), { bins });
        heights.forEach((height, b) => {
          const share = mean(rows.map(([rate, y]) => reached(rate, y, (b + 1) / bins) - reached(rate, y, b / bins)));
          expect(height).toBeCloseTo(share * bins, 2);
        });
        expect(mean(heights)).toBeCloseTo(1, 10);
        const nll = mean(rows.map(([rate, y]) => -Math.log(pmf(rate, y))));
        expect(metrics.negativeLogLikelihood({ rate: rows.map(([rate]) => rate) }, rows.map(([, y]) => y))).toBeCloseTo(nll, 4);
      }),
      { seed: 12, numRuns: 60 },
    );
  });

  test('log-likelihoods of t distributions: closed forms, and the likelihood\'s own', () => {
    const z = [-3, 0.4, 7];
    const expected = mean(z.map((value) => -Math.log(densityOfTwo(value) / 2)));
    expect(metrics.negativeLogLikelihood({ mean: [0, 0, 0], scale: 2, df: 2 }, z.map((value) => 2 * value))).toBeCloseTo(expected, 5);
    const likelihood = likelihoods.studentT({ df: 5, scale: 1 });
    const predictions = { mean: tf.tensor2d([[1, 2], [0, -1]]), scale: tf.tensor2d([[0.3, 2], [1, 1]]) };
    const y = tf.tensor2d([[1.5, 9], [0, 4]]);
    const own = -tf.tidy(() => tf.mean(likelihood.logLikelihood(predictions, y)).dataSync()[0]!);
    expect(expectNoLeak(() => metrics.negativeLogLikelihood({ ...predictions, df: likelihood.df }, y))).toBeCloseTo(own, 5);
    expect(metrics.negativeLogLikelihood(predictions, y)).toBeGreaterThan(own + 0.5);
    const draws = { mean: tf.tensor([[[1], [3]], [[2], [3]]]), scale: tf.tensor([2, 1]), df: 4 };
    const { aleatoric, epistemic } = metrics.gaussianUncertainty({ ...draws, scale: 0.5 });
    expect(aleatoric).toEqual([0.5, 0.5].map((v) => expect.closeTo(v, 10)));
    expect(epistemic).toEqual([0.25, 0]);
    tf.dispose([predictions, y, draws.mean, draws.scale]);
  });
});

test('calibration by bins of equal counts: those of a sorted list, where confidences differ', () => {
  const rows = fc.uniqueArray(fc.integer({ min: 1, max: 499 }), { minLength: 4, maxLength: 40 });
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 6 }), (thousandths, bins) => {
      const data = thousandths.map((n, i) => ({ p: 0.5 + n / 1000, label: (i * 7) % 3 === 0 ? 0 : 1 }));
      const sorted = data.toSorted((a, b) => a.p - b.p);
      const n = sorted.length;
      const parts = Array.from({ length: bins }, (_, b) => sorted.slice(Math.ceil((b * n) / bins), Math.ceil(((b + 1) * n) / bins)));
      const gaps = parts.map((part) => Math.abs(sum(part.map(({ p, label }) => label - p))) / n);
      const probs = data.map(({ p }) => p);
      const labels = data.map(({ label }) => label);
      expect(metrics.expectedCalibrationError(probs, labels, { bins, binning: 'count' })).toBeCloseTo(sum(gaps), 10);
      const diagram = metrics.reliabilityDiagram(probs, labels, { bins, binning: 'count' });
      expect(diagram.bins.map(({ count }) => count)).toEqual(parts.map((part) => part.length).filter((count) => count > 0));
      expect(metrics.expectedCalibrationError(probs.toReversed(), labels.toReversed(), { bins, binning: 'count' })).toBeCloseTo(sum(gaps), 10);
    }),
    { seed: 13, numRuns: 60 },
  );
  const alike = metrics.reliabilityDiagram([0.7, 0.7, 0.7, 0.9], [1, 0, 1, 1], { bins: 4, binning: 'count' });
  expect(alike.bins.map(({ lower, upper, count }) => [lower, upper, count])).toEqual([[0, 0.7, 3], [0.7, 1, 1]]);
});

test('tensors stay the caller\'s, and no others are left', () => {
  const predictions = { mean: tf.tensor2d([[1], [2]]), scale: tf.scalar(1) };
  const y = tf.tensor2d([[1], [1]]);
  for (const df of [undefined, 3]) {
    for (const metric of [metrics.pitValues, metrics.pitHistogram, metrics.intervalCalibration, metrics.continuousRankedProbabilityScore, metrics.rootMeanSquaredError, metrics.sharpness]) {
      expectNoLeak(() => metric({ ...predictions, df }, y));
    }
  }
  expectNoLeak(() => metrics.pitHistogram({ rate: predictions.mean }, y));
  tf.dispose([predictions, y]);
});

describe('refuses, saying what to do', () => {
  const refusals: [string, () => unknown, RegExp][] = [
    ['other parts', () => metrics.pitValues({ mean: [1], scale: 1, Df: 3 } as never, [1]), /metrics\.pitValues: unknown option "Df"/],
    ['no degrees of freedom', () => metrics.pitValues({ mean: [1], scale: 1, df: 0 }, [1]), /df must be positive and finite, got 0/],
    ['a variance that is infinite', () => metrics.sharpness({ mean: [1], scale: 1, df: 2 }), /df 2 have no variance; df must be above 2/],
    ['a score that is infinite', () => metrics.continuousRankedProbabilityScore({ mean: [1], scale: 1, df: 1 }, [1]), /df 1 have no mean, and no score/],
    ['targets of another shape', () => metrics.pitValues({ mean: [[1]], scale: 1 }, [1]), /means have shape \[1, 1\], but targets have \[1\]/],
    ['levels of one', () => metrics.intervalCalibration({ mean: [1], scale: 1 }, [1], { levels: [0.5, 1] }), /levels must be between 0 and 1, got 1/],
    ['no levels', () => metrics.intervalCalibration({ mean: [1], scale: 1 }, [1], { levels: [] }), /got none/],
    ['no bins', () => metrics.pitHistogram({ mean: [1], scale: 1 }, [1], { bins: 0 }), /bins must be a positive integer, got 0/],
    ['rates of zero', () => metrics.pitHistogram({ rate: [0] }, [1]), /rates must be positive, got 0/],
    ['targets that are no counts', () => metrics.negativeLogLikelihood({ rate: [1] }, [0.5]), /targets must be counts 0, 1, 2, \.\.\., got 0\.5/],
    ['counts of another shape', () => metrics.negativeLogLikelihood({ rate: [[1]] }, [1]), /rates have shape \[1, 1\], but targets have \[1\]/],
    ['predictions that are none', () => metrics.sharpness([1] as never), /predictions must be \{ mean, scale \}/],
    ['another binning', () => metrics.reliabilityDiagram([0.5], [1], { binning: 'adaptive' as never }), /binning must be 'width' or 'count', got adaptive/],
  ];
  test.each(refusals)('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
