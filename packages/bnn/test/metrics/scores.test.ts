import * as tf from '@tensorflow/tfjs-core';
import { ready } from '@tychejs/ppl';
import fc from 'fast-check';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as metrics from '../../src/metrics/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { cases, mean, softmax, sum } from './helpers.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

/** The example of torchmetrics' documentation for the calibration error of several classes, worked out by hand. */
const PROBS = [[0.25, 0.2, 0.55], [0.55, 0.05, 0.4], [0.1, 0.3, 0.6], [0.9, 0.05, 0.05]];
const LABELS = [0, 1, 2, 0];

describe('examples of which the results are known', () => {
  test('calibration errors', () => {
    // Three data in (1/3, 2/3]: mean confidence 1.7/3, one right; one in (2/3, 1]: confidence 0.9, right.
    expect(metrics.expectedCalibrationError(PROBS, LABELS, { bins: 3 })).toBeCloseTo(0.2, 12);
    const diagram = metrics.reliabilityDiagram(PROBS, LABELS, { bins: 3 });
    expect(diagram.maximumCalibrationError).toBeCloseTo(0.7 / 3, 12);
    expect(diagram.accuracy).toBe(0.5);
    expect(diagram.confidence).toBeCloseTo(0.65, 12);
    expect(diagram.bins.map(({ count }) => count)).toEqual([0, 3, 1]);
    expect(diagram.bins[0]).toEqual({ lower: 0, upper: 1 / 3, count: 0, confidence: NaN, accuracy: NaN });
    expect(diagram.bins[1]!.accuracy).toBeCloseTo(1 / 3, 12);
  });

  test('the Brier score, of yes or no and of classes', () => {
    // scikit-learn's documentation: 0.0375.
    expect(metrics.brier([0.1, 0.9, 0.8, 0.3], [0, 1, 1, 0])).toBeCloseTo(0.0375, 12);
    expect(metrics.brier([[0.9, 0.1], [0.1, 0.9], [0.2, 0.8], [0.7, 0.3]], [0, 1, 1, 0])).toBeCloseTo(2 * 0.0375, 12);
    expect(metrics.brier([[1, 0, 0]], [1])).toBe(2);
  });

  test('the log loss, of classes and of yes or no', () => {
    // scikit-learn's documentation: 0.21616.
    const probs = [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]];
    expect(metrics.negativeLogLikelihood(probs, [1, 0, 0, 1])).toBeCloseTo(0.21616, 5);
    expect(metrics.negativeLogLikelihood(probs.map(([, p]) => [p!]), [[1], [0], [0], [1]])).toBeCloseTo(0.21616, 5);
    expect(metrics.negativeLogLikelihood([[1, 0]], [1])).toBe(Infinity);
  });

  test('the area under the curve', () => {
    // scikit-learn's documentation: 0.75.
    expect(metrics.areaUnderRoc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(metrics.areaUnderRoc([3, 1, 2], [true, false, false])).toBe(1);
    expect(metrics.areaUnderRoc([1, 1, 1, 1], [1, 0, 1, 0])).toBe(0.5);
    expect(metrics.areaUnderRoc([-Infinity, 0, Infinity, Infinity], [0, 1, 1, 0])).toBe(0.625);
  });
});

describe('against slow ways', () => {
  test('the area under the curve: all pairs', () => {
    const scored = fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 1 })), { minLength: 2, maxLength: 30 });
    fc.assert(
      fc.property(scored, (pairs) => {
        const of = (label: number) => pairs.filter(([, l]) => l === label).map(([score]) => score);
        fc.pre(of(0).length > 0 && of(1).length > 0);
        const wins = of(1).flatMap((p) => of(0).map((n) => (p > n ? 1 : p === n ? 0.5 : 0)));
        expect(metrics.areaUnderRoc(pairs.map(([s]) => s), pairs.map(([, l]) => l))).toBeCloseTo(mean(wins), 12);
      }),
      { seed: 3 },
    );
  });

  test('calibration: bins by comparison, Brier and log loss: sums', () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 12 }), ({ logits, labels }, bins) => {
        const probs = logits.map(softmax);
        const top = probs.map((row, i) => ({ p: Math.max(...row), right: row.indexOf(Math.max(...row)) === labels[i] ? 1 : 0 }));
        // Confidences on the edge of a bin are for another test.
        fc.pre(top.every(({ p }) => Math.abs(p * bins - Math.round(p * bins)) > 1e-6 || Math.round(p * bins) === bins));
        const error = Array.from({ length: bins }, (_, b) => top.filter(({ p }) => p > b / bins && p <= (b + 1) / bins));
        const expected = sum(error.map((bin) => Math.abs(sum(bin.map(({ p, right }) => right - p))) / labels.length));
        expect(metrics.expectedCalibrationError(probs, labels, { bins })).toBeCloseTo(expected, 10);
        expect(metrics.expectedCalibrationError(logits, labels, { bins, logits: true })).toBeCloseTo(expected, 10);
        const distances = probs.map((row, i) => sum(row.map((p, k) => (p - Number(labels[i] === k)) ** 2)));
        expect(metrics.brier(logits, labels, { logits: true })).toBeCloseTo(mean(distances), 10);
        const losses = probs.map((row, i) => -Math.log(row[labels[i]!]!));
        expect(metrics.negativeLogLikelihood(probs, labels)).toBeCloseTo(mean(losses), 10);
        expect(metrics.negativeLogLikelihood(logits, labels, { logits: true })).toBeCloseTo(mean(losses), 10);
      }),
      { seed: 4 },
    );
  });

  test('a confidence on the edge of a bin belongs to the lower one, also as an element of a tensor', () => {
    for (let i = 6; i <= 9; i++) {
      const p = i / 10;
      for (const probs of [[[p, 1 - p]], tf.tensor2d([[p, 1 - p]])]) {
        const { bins } = metrics.reliabilityDiagram(probs, [0], { bins: 10 });
        expect(bins.findIndex(({ count }) => count === 1)).toBe(i - 1);
        tf.dispose(probs);
      }
    }
  });

  test('well calibrated predictions have an error of the size of the noise', () => {
    // Labels drawn from the predictions: by systematic sampling, each bin's share of rights is exact to 1 / count.
    const rows = Array.from({ length: 2000 }, (_, i) => [0.5, 0.6, 0.7, 0.8, 0.9][i % 5]!);
    const labels = rows.map((p, i) => (((Math.floor(i / 5) * 0.618034) % 1) < p ? 1 : 0));
    expect(metrics.expectedCalibrationError(rows, labels)).toBeLessThan(0.01);
    // Overconfident by 0.2 where nothing but chance speaks.
    expect(metrics.expectedCalibrationError(rows.map(() => 0.7), rows.map((_, i) => i % 2))).toBeCloseTo(0.2, 10);
  });
});

describe('negative log-likelihoods agree with the likelihoods\' own', () => {
  test('categorical, bernoulli and Gaussian, with tensors, which stay', () => {
    const logits = tf.tensor([[1, 2, 0], [0, -1, 30]]);
    const labels = tf.tensor1d([1, 0], 'int32');
    const yes = tf.tensor2d([[0.3], [-60]]);
    const answers = tf.tensor2d([[0], [1]]);
    const y = tf.tensor2d([[1, 0], [2, 3]]);
    const gaussian = { mean: tf.tensor2d([[0.5, -1], [2, 0]]), scale: tf.tensor1d([0.5, 2]) };
    const own = (x: tf.Tensor) => -tf.tidy(() => tf.mean(x)).dataSync()[0]!;
    tf.tidy(() => {
      expect(metrics.negativeLogLikelihood(logits, labels, { logits: true })).toBeCloseTo(own(likelihoods.categorical().logLikelihood(logits, labels)), 5);
      expect(metrics.negativeLogLikelihood(yes, answers, { logits: true })).toBeCloseTo(own(likelihoods.bernoulli({ eventDim: 1 }).logLikelihood(yes, answers)), 4);
      const homoskedastic = likelihoods.homoskedasticGaussian({ scale: 1 });
      expect(metrics.negativeLogLikelihood(gaussian, y)).toBeCloseTo(own(homoskedastic.logLikelihood(gaussian, y)), 5);
    });
    expectNoLeak(() => metrics.negativeLogLikelihood(gaussian, y));
    expectNoLeak(() => metrics.brier(logits, labels, { logits: true }));
    tf.dispose([logits, labels, yes, answers, y, gaussian]);
  });
});

describe('refuses, saying what to do', () => {
  const refusals: [string, () => unknown, RegExp][] = [
    ['logits taken for probabilities', () => metrics.brier([[2, -1, 0]], [0]), /metrics\.brier: .*sum to 1.*datum 0 are 2, -1, 0; .*\{ logits: true \}/],
    ['probabilities below zero', () => metrics.brier([[1.5, -0.5]], [0]), /must be probabilities/],
    ['probabilities that are NaN', () => metrics.brier([[NaN, 1]], [0]), /must be probabilities/],
    ['logits that are NaN', () => metrics.brier([[NaN, 1]], [0], { logits: true }), /logits of datum 0 must be finite/],
    ['one-hot labels', () => metrics.brier(PROBS, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]), /shape \[4\], but labels have \[4, 3\].*argMax/],
    ['labels of another number', () => metrics.expectedCalibrationError(PROBS, [0, 1]), /shape \[4\], but labels have \[2\]/],
    ['a label beyond the classes', () => metrics.expectedCalibrationError(PROBS, [0, 1, 2, 3]), /labels must be classes 0 \.\. 2, got 3/],
    ['no bins', () => metrics.reliabilityDiagram(PROBS, LABELS, { bins: 0 }), /metrics\.reliabilityDiagram: bins must be a positive integer, got 0/],
    ['a misspelt option', () => metrics.expectedCalibrationError(PROBS, LABELS, { numBins: 3 } as never), /unknown option "numBins"/],
    ['logits of real numbers', () => metrics.negativeLogLikelihood({ mean: [1], scale: 1 }, [1], { logits: true }), /logits is for predictions of classes/],
    ['scales that do not fit', () => metrics.negativeLogLikelihood({ mean: [[1, 2, 3]], scale: [1, 2] }, [[1, 2, 3]]), /scales have shape \[2\].*\[1, 3\]/],
    ['scales of zero', () => metrics.negativeLogLikelihood({ mean: [1], scale: 0 }, [1]), /scales must be positive, got 0/],
    ['targets of another shape', () => metrics.negativeLogLikelihood({ mean: [[1]], scale: 1 }, [1]), /means have shape \[1, 1\], but targets have \[1\]/],
    ['cases of one kind', () => metrics.areaUnderRoc([1, 2], [1, 1]), /needs positive and negative cases, but all 2 are positive/],
    ['scores that are NaN', () => metrics.areaUnderRoc([1, NaN], [0, 1]), /score 1 is NaN/],
    ['labels beside 0 and 1', () => metrics.areaUnderRoc([1, 2], [0, 2]), /0 or 1, got 2/],
    ['scores without labels', () => metrics.areaUnderRoc([1, 2], [0]), /2 scores, but 1 labels/],
    ['ragged arrays', () => metrics.brier([[0.5, 0.5], [1]], [0, 1]), /same length at each depth/],
    ['numbers below the depth of the rest', () => metrics.brier([[0.5, 0.5], 1] as never, [0, 1]), /same length at each depth/],
    ['no numbers', () => metrics.brier([], []), /predictions are empty/],
    ['what is no array', () => metrics.brier('x' as never, [0]), /must be a tensor or an array of numbers, got string/],
  ];
  test.each(refusals)('%s', (_, act, message) => {
    expect(act).toThrow(message);
  });
});
