import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, handlers, ready } from '@tychejs/ppl';
import type { SampleSite } from '@tychejs/ppl';
import fc from 'fast-check';
import * as likelihoods from '../../src/likelihoods/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { wavy } from '../helpers/nets.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const values = (tensor: Tensor) => [...tensor.dataSync()];
const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const mean = (numbers: readonly number[]) => sum(numbers) / numbers.length;
const normalLogDensity = (x: number, m: number, s: number) => -0.5 * ((x - m) / s) ** 2 - Math.log(s * Math.sqrt(2 * Math.PI));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softmax = (x: readonly number[]) => x.map((a) => Math.exp(a) / sum(x.map(Math.exp)));

/** The data site that `likelihood` declares. */
function dataSite<P>(likelihood: likelihoods.Likelihood<P>, output: Tensor, y: Tensor, datasetSize?: number): SampleSite {
  const trace = handlers
    .trace(() => likelihood.observe(likelihood.predictionsFrom(output, likelihood.sampleLatents()), y, datasetSize))
    .getTrace();
  return trace.nodes.get('likelihood.data') as SampleSite;
}

/** Each likelihood, with fitting outputs and targets for `count` data. */
type Kind = [string, () => likelihoods.Likelihood<unknown>, (count: number) => { output: Tensor; y: Tensor }];
const kinds: Kind[] = [
  ['homoskedasticGaussian', () => likelihoods.homoskedasticGaussian({ scale: 0.7 }), (n) => ({ output: wavy([n, 2]), y: wavy([n, 2], 9) })],
  ['homoskedasticGaussian by precision', () => likelihoods.homoskedasticGaussian({ precision: tf.tensor1d([2, 0.5]) }), (n) => ({ output: wavy([n, 2]), y: wavy([n, 2], 9) })],
  ['studentT', () => likelihoods.studentT({ scale: 0.7 }), (n) => ({ output: wavy([n, 2]), y: wavy([n, 2], 9) })],
  ['heteroskedasticGaussian', () => likelihoods.heteroskedasticGaussian(), (n) => ({ output: wavy([n, 4]), y: wavy([n, 2], 9) })],
  ['bernoulli', () => likelihoods.bernoulli(), (n) => ({ output: wavy([n]), y: tf.cast(tf.greater(wavy([n], 9), 0), 'float32') })],
  ['poisson', () => likelihoods.poisson(), (n: number) => ({ output: wavy([n]), y: tf.tensor1d(Array.from({ length: n }, (_, i) => i % 4)) })],
  ['categorical', () => likelihoods.categorical(), (n) => ({ output: wavy([n, 3]), y: tf.tensor1d(Array.from({ length: n }, (_, i) => (i * i) % 3), 'int32') })],
] satisfies [string, () => unknown, Kind[2]][] as never;

describe('log-likelihoods and errors, as written out by hand', () => {
  test('homoskedasticGaussian, by scale and by precision', () => {
    const f = [[0.5, -1], [2, 0]];
    const y = [[1, 0], [2, 3]];
    const expected = f.map((row, i) => sum(row.map((m, j) => normalLogDensity(y[i]![j]!, m, 0.5))));
    for (const likelihood of [likelihoods.homoskedasticGaussian({ scale: 0.5 }), likelihoods.homoskedasticGaussian({ precision: 4 })]) {
      tf.tidy(() => {
        const found = values(likelihood.logLikelihood(tf.tensor(f), tf.tensor(y)));
        found.forEach((logLik, i) => expect(logLik).toBeCloseTo(expected[i]!, 5));
        expect(values(likelihood.error(tf.tensor(f), tf.tensor(y)))).toEqual([1.25, 9]);
        expect(likelihood.error(tf.tensor(f), tf.tensor(y), { reduction: 'mean' }).dataSync()[0]).toBeCloseTo(5.125, 6);
        expect(likelihood.logLikelihood(tf.tensor(f), tf.tensor(y), { reduction: 'sum' }).dataSync()[0]).toBeCloseTo(sum(expected), 5);
      });
    }
  });

  test.each([['a number', 4], ['a tensor', [4, 0.25]]] as const)('homoskedasticGaussian, by a precision that is %s', (_, precision) => {
    tf.tidy(() => {
      const likelihood = likelihoods.homoskedasticGaussian({ precision: typeof precision === 'number' ? precision : tf.tensor1d([...precision]) });
      const expected = normalLogDensity(1, 0.2, 0.5) + normalLogDensity(-2, 0.4, typeof precision === 'number' ? 0.5 : 2);
      expect(values(likelihood.logLikelihood(tf.tensor2d([[0.2, 0.4]]), tf.tensor2d([[1, -2]])))[0]).toBeCloseTo(expected, 4);
    });
  });

  test('studentT, by scale and by precision', () => {
    // With four degrees of freedom the density is 3/8 (1 + z²/4)^(-5/2) / scale; with three, 2 / (π √3) (1 + z²/3)^-2 / scale.
    const four = (z: number) => Math.log((3 / 8) * (1 + z ** 2 / 4) ** -2.5);
    const three = (z: number) => Math.log((2 / (Math.PI * Math.sqrt(3))) * (1 + z ** 2 / 3) ** -2);
    tf.tidy(() => {
      const [f, y] = [tf.tensor2d([[0.5, -1]]), tf.tensor2d([[1, 8]])];
      const found = (options: likelihoods.StudentTOptions) => values(likelihoods.studentT(options).logLikelihood(f, y))[0]!;
      expect(found({ scale: 0.5 })).toBeCloseTo(four(1) + four(18) - 2 * Math.log(0.5), 4);
      expect(found({ precision: 4 })).toBeCloseTo(four(1) + four(18) - 2 * Math.log(0.5), 4);
      expect(found({ df: 3, scale: 2 })).toBeCloseTo(three(0.25) + three(4.5) - 2 * Math.log(2), 4);
      expect(values(likelihoods.studentT({ scale: 0.5 }).error(f, y))).toEqual([81.25]);
    });
  });

  test('heteroskedasticGaussian, with raw and with positive scales', () => {
    tf.tidy(() => {
      const y = tf.tensor2d([[1]]);
      const raw = likelihoods.heteroskedasticGaussian().logLikelihood(tf.tensor2d([[0.2, -0.4]]), y);
      expect(values(raw)[0]).toBeCloseTo(normalLogDensity(1, 0.2, Math.log1p(Math.exp(-0.4))), 5);
      const positive = likelihoods.heteroskedasticGaussian({ positiveScale: true });
      expect(values(positive.logLikelihood(tf.tensor2d([[0.2, 0.6]]), y))[0]).toBeCloseTo(normalLogDensity(1, 0.2, 0.6), 5);
      expect(values(positive.error(tf.tensor2d([[0.2, 0.6]]), y))[0]).toBeCloseTo(0.64, 6);
    });
  });

  test('bernoulli, by logits and by probabilities', () => {
    const x = [-1.5, 0.3, 2];
    const y = [0, 0, 1];
    const expected = x.map((a, i) => Math.log(y[i] === 1 ? sigmoid(a) : sigmoid(-a)));
    tf.tidy(() => {
      values(likelihoods.bernoulli().logLikelihood(tf.tensor(x), tf.tensor(y, [3], 'int32'))).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 5));
      const probs = tf.sigmoid(tf.tensor(x));
      const byProbs = likelihoods.bernoulli({ logits: false });
      values(byProbs.logLikelihood(probs, tf.tensor(y))).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 5));
      expect(values(likelihoods.bernoulli().error(tf.tensor(x), tf.tensor(y)))).toEqual([0, 1, 0]);
      expect(values(byProbs.error(probs, tf.tensor(y)))).toEqual([0, 1, 0]);
      const event = likelihoods.bernoulli({ eventDim: 1 });
      expect(values(event.error(tf.tensor([x]), tf.tensor([y])))).toEqual([1]);
      expect(values(event.logLikelihood(tf.tensor([x]), tf.tensor([y])))[0]).toBeCloseTo(sum(expected), 5);
    });
  });

  test('categorical, by logits and by probabilities, with labels of either type', () => {
    const x = [[1, 2, 0], [0, -1, 3]];
    const y = [1, 0];
    const expected = x.map((row, i) => Math.log(softmax(row)[y[i]!]!));
    tf.tidy(() => {
      for (const labels of [tf.tensor1d(y, 'int32'), tf.tensor1d(y)]) {
        values(likelihoods.categorical().logLikelihood(tf.tensor(x), labels)).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 5));
        expect(values(likelihoods.categorical().error(tf.tensor(x), labels))).toEqual([0, 1]);
      }
      const probs = likelihoods.categorical({ logits: false }).logLikelihood(tf.softmax(tf.tensor(x)), tf.tensor1d(y, 'int32'));
      values(probs).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 5));
    });
  });

  test('poisson, by logarithms and by rates', () => {
    const x = [-0.5, 0, 1.5];
    const y = [0, 2, 4];
    const factorial = [1, 1, 2, 6, 24];
    const expected = x.map((a, i) => y[i]! * a - Math.exp(a) - Math.log(factorial[y[i]!]!));
    tf.tidy(() => {
      const rates = tf.exp(tf.tensor(x));
      const byRates = likelihoods.poisson({ logRates: false });
      values(likelihoods.poisson().logLikelihood(tf.tensor(x), tf.tensor(y, [3], 'int32'))).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 4));
      values(byRates.logLikelihood(rates, tf.tensor(y))).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 4));
      values(likelihoods.poisson().error(tf.tensor(x), tf.tensor(y))).forEach((e, i) => expect(e).toBeCloseTo((y[i]! - Math.exp(x[i]!)) ** 2, 3));
      const mixed = likelihoods.poisson().aggregatePredictions(tf.log(tf.tensor([[1], [3]])));
      expect(Math.exp(values(mixed)[0]!)).toBeCloseTo(2, 5);
      expect(values(byRates.aggregatePredictions(tf.tensor([[1], [3]])))).toEqual([2]);
    });
  });

  test.each(kinds)('%s: leaves no tensors', (_, make, data) => {
    const { output, y } = data(5);
    const likelihood = make();
    expectNoLeak(() => {
      const single = likelihood.logLikelihood(output, y);
      const error = likelihood.error(output, y, { reduction: 'mean' });
      expect(single.shape[0]).toBe(5);
      expect(error.shape).toEqual([]);
      tf.dispose([single, error]);
    });
  });
});

describe('the data site', () => {
  test.each(kinds)('%s: is scaled by N / b, and batches of an epoch average to the whole', (_, make, data) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), (size, batches) => {
        const count = size * batches;
        tf.tidy(() => {
          const { output, y } = data(count);
          const whole = dataSite(make(), output, y).logProb;
          const parts = Array.from({ length: batches }, (__, i) => {
            const batch = (x: Tensor) => tf.slice(x, [i * size], [size]);
            const site = dataSite(make(), batch(output), batch(y), count);
            expect(site.scale).toBe(batches);
            return sum(values(site.logProb));
          });
          expect(mean(parts)).toBeCloseTo(sum(values(whole)), 3);
          expect(whole.shape[0]).toBe(count);
        });
      }),
      { numRuns: 15, seed: 48 },
    );
  });

  test('takes the dataset\'s size from the likelihood first, and it may be set anew', () => {
    tf.tidy(() => {
      const likelihood = likelihoods.homoskedasticGaussian({ scale: 1, datasetSize: 10 });
      expect(dataSite(likelihood, wavy([4, 1]), wavy([4, 1]), 99).scale).toBe(2.5);
      likelihood.datasetSize = 20;
      expect(dataSite(likelihood, wavy([4, 1]), wavy([4, 1])).scale).toBe(5);
      // One datum without a batch dimension.
      expect(dataSite(likelihood, wavy([1]), wavy([1])).scale).toBe(20);
      likelihood.datasetSize = 3;
      expect(() => dataSite(likelihood, wavy([4, 1]), wavy([4, 1]))).toThrow(/datasetSize is 3, but there are 4 data/);
    });
  });

  test('has one datum for each of the first dimension, whatever the rest', () => {
    tf.tidy(() => {
      const site = dataSite(likelihoods.categorical(), wavy([4, 5, 6, 3]), tf.zeros([4, 5, 6], 'int32'), 8);
      expect(site.scale).toBe(2);
      expect(site.plates).toEqual([{ name: 'likelihood.plate', size: 8, subsampleSize: 4, dim: -3 }]);
      const events = dataSite(likelihoods.homoskedasticGaussian({ scale: 1, eventDim: 2 }), wavy([4, 5, 6]), wavy([4, 5, 6]));
      expect(events.logProb.shape).toEqual([4]);
    });
  });

  test('draws where there are no targets', () => {
    tf.tidy(() => {
      const likelihood = likelihoods.homoskedasticGaussian({ scale: 1e-6 });
      const drawn = likelihood.observe(likelihood.predictionsFrom(wavy([4, 2]), {}), null);
      values(drawn).forEach((x, i) => expect(x).toBeCloseTo(values(wavy([4, 2]))[i]!, 4));
    });
  });

  test.each(['scale', 'precision'] as const)('has an unknown %s of a t distribution as a site of its own', (name) => {
    tf.tidy(() => {
      const likelihood = likelihoods.studentT({ [name]: dist.halfNormal(1) });
      const model = () => likelihood.observe(likelihood.predictionsFrom(tf.zeros([3, 1]), likelihood.sampleLatents()), tf.ones([3, 1]));
      const trace = handlers.trace(handlers.condition(model, { data: { [`likelihood.${name}`]: 4 } })).getTrace();
      const scale = name === 'scale' ? 4 : 0.5;
      const expected = Math.log((3 / 8) * (1 + 1 / scale ** 2 / 4) ** -2.5) - Math.log(scale);
      expect(values((trace.nodes.get('likelihood.data') as SampleSite).logProb)[0]).toBeCloseTo(expected, 5);
    });
  });

  test.each(['scale', 'precision'] as const)('has an unknown %s as a site of its own', (name) => {
    tf.tidy(() => {
      const likelihood = likelihoods.homoskedasticGaussian({ [name]: dist.halfNormal(1) });
      const model = () => likelihood.observe(likelihood.predictionsFrom(tf.zeros([3, 1]), likelihood.sampleLatents()), tf.ones([3, 1]));
      const trace = handlers.trace(handlers.condition(model, { data: { [`likelihood.${name}`]: 4 } })).getTrace();
      const found = trace.nodes.get('likelihood.data') as SampleSite;
      expect(values(found.logProb)[0]).toBeCloseTo(normalLogDensity(1, 0, name === 'scale' ? 4 : 0.5), 5);
      expect([...trace.nodes.keys()]).toContain(`likelihood.${name}`);
      expect(() => likelihood.logLikelihood(tf.zeros([3, 1]), tf.ones([3, 1]))).toThrow(new RegExp(`the ${name} is unknown.*\\{ mean, scale \\}`));
    });
  });
});

describe('aggregating', () => {
  const draws = fc.integer({ min: 1, max: 5 });
  const permuted = (x: Tensor) => tf.reverse(x, 0);
  const flat = (p: unknown): number[] => (p instanceof tf.Tensor ? values(p) : values((p as { mean: Tensor }).mean).concat(values((p as { scale: Tensor }).scale)));
  const close = (a: number[], b: number[]) => a.forEach((x, i) => expect(x).toBeCloseTo(b[i]!, 4));

  test.each(kinds)('%s: does not depend on the order; one prediction, or many the same, give it back', (_, make, data) => {
    fc.assert(
      fc.property(draws, (count) => {
        tf.tidy(() => {
          const likelihood = make();
          const outputs = tf.stack(Array.from({ length: count }, (__, i) => tf.add(data(3).output, i / 3)));
          close(flat(likelihood.aggregatePredictions(permuted(outputs))), flat(likelihood.aggregatePredictions(outputs)));
          const { output, y } = data(3);
          const same = likelihood.aggregatePredictions(tf.stack(Array.from({ length: count }, () => output)));
          expect(flat(same).every(Number.isFinite)).toBe(true);
          close(values(likelihood.logLikelihood(same, y)), values(likelihood.logLikelihood(output, y)));
          const last = likelihood.aggregatePredictions(tf.stack(Array.from({ length: count }, () => output), 1), 1);
          close(flat(last), flat(same));
        });
      }),
      { numRuns: 10, seed: 49 },
    );
  });

  test('Gaussians: the mean, and by the law of total variance the variance within plus that between', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: 0.1, max: 2, noNaN: true })), { minLength: 1, maxLength: 6 }), (runs) => {
        const locs = runs.map(([loc]) => loc);
        const between = mean(locs.map((loc) => (loc - mean(locs)) ** 2));
        const within = mean(runs.map(([, scale]) => scale ** 2));
        tf.tidy(() => {
          const hetero = likelihoods.heteroskedasticGaussian({ positiveScale: true });
          const found = hetero.aggregatePredictions(tf.tensor(runs, [runs.length, 2]));
          expect(values(found.mean)[0]).toBeCloseTo(mean(locs), 4);
          expect(values(found.scale)[0]! ** 2).toBeCloseTo(within + between, 3);
          const homo = likelihoods.homoskedasticGaussian({ scale: 0.5 }).aggregatePredictions(tf.tensor(locs, [runs.length, 1]));
          expect(values(homo.scale)[0]! ** 2).toBeCloseTo(0.25 + between, 3);
        });
      }),
      { seed: 50 },
    );
  });

  test('t distributions: the mean and the variance of the mixture', () => {
    tf.tidy(() => {
      const [locs, scales] = [[-1, 0.5, 2], [0.4, 0.8, 0.2]];
      const likelihood = likelihoods.studentT({ df: 5, scale: 1 });
      const found = likelihood.aggregatePredictions({ mean: tf.tensor(locs, [3, 1]), scale: tf.tensor(scales, [3, 1]) });
      // Noise of scale one has the variance 5 / (5 - 2).
      const variance = mean(scales.map((s) => (s * s * 5) / 3)) + mean(locs.map((loc) => (loc - mean(locs)) ** 2));
      expect(values(found.mean)[0]).toBeCloseTo(mean(locs), 5);
      expect(values(likelihood.predictiveDistribution(found).variance)[0]).toBeCloseTo(variance, 4);
    });
  });

  test('classes: the mixture exactly', () => {
    tf.tidy(() => {
      const outputs = tf.mul(wavy([4, 3, 5]), 6);
      const y = tf.tensor1d([0, 4, 2], 'int32');
      const likelihood = likelihoods.categorical();
      const mixture = likelihood.aggregatePredictions(outputs);
      expect(values(tf.sum(tf.exp(mixture), -1)).every((total) => Math.abs(total - 1) < 1e-5)).toBe(true);
      const each = tf.unstack(outputs).map((output) => values(likelihood.logLikelihood(output, y)));
      const expected = [0, 1, 2].map((i) => Math.log(mean(each.map((run) => Math.exp(run[i]!)))));
      close(values(likelihood.logLikelihood(mixture, y)), expected);
      const probs = likelihoods.categorical({ logits: false });
      close(values(probs.aggregatePredictions(tf.softmax(outputs))), values(tf.exp(mixture)));
    });
  });

  test('yes or no: the mixture exactly, also where answers are all but certain', () => {
    tf.tidy(() => {
      const logits = [[-3, 80, -80], [1, 70, -70]];
      const likelihood = likelihoods.bernoulli();
      const mixture = values(likelihood.aggregatePredictions(tf.tensor(logits)));
      const p = mean([sigmoid(-3), sigmoid(1)]);
      expect(mixture[0]).toBeCloseTo(Math.log(p / (1 - p)), 5);
      // log(1/2 (e^-80 + e^-70)) is -70 + log 1/2 to seven digits.
      expect(mixture[1]).toBeCloseTo(70 + Math.log(2), 3);
      expect(mixture[2]).toBeCloseTo(-70 - Math.log(2), 3);
      const probs = likelihoods.bernoulli({ logits: false }).aggregatePredictions(tf.tensor([[0.2], [0.6]]));
      expect(values(probs)[0]).toBeCloseTo(0.4, 6);
    });
  });

  test('Gaussian predictions of several runs stack with their scales in line', () => {
    tf.tidy(() => {
      const likelihood = likelihoods.homoskedasticGaussian({ scale: dist.halfNormal(1) });
      const runs = [1, 2, 3].map((scale) => likelihood.predictionsFrom(wavy([4, 2]), { scale: tf.scalar(scale) }));
      const stacked = likelihood.stack(runs);
      expect([stacked.mean.shape, stacked.scale.shape]).toEqual([[3, 4, 2], [3, 1, 1]]);
      close(values(likelihood.aggregatePredictions(stacked).scale), Array.from({ length: 8 }, () => Math.sqrt(14 / 3)));
    });
  });
});

test.each(kinds.filter(([name]) => name !== 'categorical'))('%s: samples have the predictive distribution\'s moments', (_, make, data) => {
  tf.tidy(() => {
    const likelihood = make();
    const { output } = data(2);
    const predictive = likelihood.predictiveDistribution(output);
    const count = 4000;
    const drawn = likelihood.sample(output, [count]);
    const found = values(tf.mean(tf.cast(drawn, 'float32'), 0));
    const variance = values(predictive.variance);
    values(predictive.mean).forEach((m, i) => expect(Math.abs(found[i]! - m)).toBeLessThan(4.5 * Math.sqrt(variance[i]! / count)));
  });
});

describe('refuses, saying what to do', () => {
  const gaussian = () => likelihoods.homoskedasticGaussian({ scale: 1 });
  const cases: [string, () => unknown, RegExp][] = [
    ['targets that lack a dimension of one', () => gaussian().logLikelihood(wavy([128, 1]), wavy([128])), /targets of shape \[128, 1\], but they have \[128\] \(eventDim is 1\)\. .*tf\.expandDims\(y, -1\)/],
    ['one target for two outputs', () => gaussian().logLikelihood(wavy([128, 2]), wavy([128])), /\[128, 2\], but they have \[128\].*last layer as many units.*categorical\(\)/],
    ['targets for another number of data', () => gaussian().logLikelihood(wavy([4, 1]), wavy([5, 1])), /\[4, 1\], but they have \[5, 1\]/],
    ['an eventDim beyond the targets', () => likelihoods.homoskedasticGaussian({ scale: 1, eventDim: 3 }).logLikelihood(wavy([4, 1]), wavy([4, 1])), /eventDim is 3, .*\[4, 1\] only; lower eventDim/],
    ['both scale and precision', () => likelihoods.homoskedasticGaussian({ scale: 1, precision: 1 }), /exactly one of scale and precision/],
    ['neither', () => likelihoods.homoskedasticGaussian({}), /exactly one of scale and precision/],
    ['a scale of zero', () => likelihoods.homoskedasticGaussian({ scale: 0 }), /scale must be positive/],
    ['a scale that is nothing of the kind', () => likelihoods.homoskedasticGaussian({ scale: '1' as never }), /scale must be a number, a tensor, or a distribution.*got string/],
    ['noise without a variance', () => likelihoods.studentT({ df: 2, scale: 1 }), /likelihoods\.studentT: df must be a finite number above 2.*got 2/],
    ['a t distribution without a scale', () => likelihoods.studentT({}), /likelihoods\.studentT: give exactly one of scale and precision/],
    ['targets of a t distribution that lack a dimension', () => likelihoods.studentT({ scale: 1 }).error(wavy([4, 1]), wavy([4])), /tf\.expandDims\(y, -1\)/],
    ['an odd number of outputs', () => likelihoods.heteroskedasticGaussian().logLikelihood(wavy([4, 3]), wavy([4, 1])), /\[4, 3\].*twice as many units/],
    ['one-hot labels', () => likelihoods.categorical().logLikelihood(wavy([4, 3]), tf.zeros([4, 3])), /\[4\], but they have \[4, 3\].*tf\.argMax\(y, -1\)/],
    ['labels in a column', () => likelihoods.categorical().logLikelihood(wavy([4, 3]), tf.zeros([4, 1])), /tf\.squeeze\(y, \[-1\]\)/],
    ['a single output for classes', () => likelihoods.categorical().logLikelihood(wavy([4, 1]), tf.zeros([4, 1])), /bernoulli\(\)/],
    ['labels beyond the outputs', () => likelihoods.categorical().logLikelihood(wavy([2, 3]), tf.tensor1d([0, 3], 'int32')), /labels 0 \.\. 2, .* got 3/],
    ['labels between integers', () => likelihoods.categorical().logLikelihood(wavy([2, 3]), tf.tensor1d([0, 0.5])), /got 0\.5/],
    ['answers without a dimension of one', () => likelihoods.bernoulli().error(wavy([4, 1]), tf.zeros([4])), /tf\.expandDims\(y, -1\)/],
    ['class labels for yes or no', () => likelihoods.bernoulli().error(wavy([4, 3]), tf.zeros([4])), /categorical\(\)/],
    ['counts without a dimension of one', () => likelihoods.poisson().error(wavy([4, 1]), tf.zeros([4])), /tf\.expandDims\(y, -1\)/],
    ['targets that are no tensor', () => gaussian().error(wavy([1, 1]), [[1]] as never), /targets must be a tensor/],
    ['an unknown reduction', () => gaussian().error(wavy([1, 1]), wavy([1, 1]), { reduction: 'average' as never }), /unknown reduction "average"/],
    ['an impossible dataset', () => likelihoods.categorical({ datasetSize: 0 }), /datasetSize must be a positive integer/],
    ['an impossible eventDim', () => likelihoods.categorical({ eventDim: -1 }), /eventDim must be 0, 1, 2/],
    ['a misspelt option', () => likelihoods.bernoulli({ logit: true } as never), /unknown option "logit"\. Did you mean "logits"/],
  ];
  test.each(cases)('%s', (_, act, message) => {
    tf.tidy(() => {
      expect(act).toThrow(message);
    });
  });
});
