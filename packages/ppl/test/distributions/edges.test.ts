import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as constraints from '../../src/constraints/index.ts';
import * as dist from '../../src/distributions/index.ts';
import { Handler } from '../../src/runtime/handler.ts';
import * as transforms from '../../src/transforms/index.ts';
import { withValidation } from '../../src/util/validation.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { scoped } from './numeric.ts';

/** A handler that changes nothing. */
class Silent extends Handler {}

function logProb(d: dist.Distribution, x: dist.Parameter): number[] {
  return scoped(() => [...d.logProb(x).dataSync()]);
}

function gradient(f: (x: Tensor) => Tensor, at: number[]): number[] {
  return scoped(() => [...tf.grad((x: Tensor) => tf.sum(f(x)))(tf.tensor1d(at)).dataSync()]);
}

describeOnBackends('at the edges', () => {
  test('outside of the support the log-density is -Infinity with validation off, an error with it on', () => {
    const cases: [dist.Distribution, dist.Parameter][] = [
      [dist.exponential(1), -0.5],
      [dist.gamma(2, 1), -0.5],
      [dist.halfNormal(1), -1],
      [dist.logNormal(0, 1), 0],
      [dist.uniform(1, [2]), [2.5]],
      [dist.uniform(tf.tensor1d([0, 5]), 10).toEvent(1), [1, 4]],
      [dist.beta(2, 3), 1.5],
      [dist.pareto(2, 1), 1],
      [dist.truncatedNormal(0, 1, -1, 1), 2],
      [dist.poisson(3), 1.5],
      [dist.poisson(3), -1],
      [dist.binomial(5, { probs: 0.5 }), 6],
      [dist.bernoulli({ logits: 0.5 }), 2],
      [dist.categorical({ probs: [0.5, 0.5] }), 2],
      [dist.dirichlet([1, 2]), [0.5, 0.6]],
      [dist.oneHotCategorical({ probs: [0.5, 0.5] }), [1, 1]],
      [dist.multinomial(3, { probs: [0.5, 0.5] }), [1, 1]],
      [dist.lkjCholesky(2, 1), [[1, 0], [0.5, 0.5]]],
      [dist.mixtureSameFamily(dist.categorical({ probs: [0.5, 0.5] }), dist.uniform([0, 2], [1, 3])), 1.5],
      [dist.transformed(dist.exponential(1), [transforms.affine(5, 1)]), 4],
    ];
    for (const [d, x] of cases) {
      expect(withValidation(false, () => logProb(d, x))).toEqual([-Infinity]);
      expectNoLeak(() => expect(() => d.logProb(x)).toThrow(new RegExp(`^${d.name}: value must be `, 'u')));
    }
    // Inside of the support of one component only.
    const mixture = dist.mixtureSameFamily(dist.categorical({ probs: [0.25, 0.75] }), dist.uniform([0, 2], [1, 4]));
    expect(logProb(mixture, [0.5, 3, 1])).toEqual([Math.log(0.25), Math.log(0.375), Math.log(0.25)].map(Math.fround));
    expect(() => dist.normal(0, 1).logProb(Number.NaN)).toThrow('normal: value must be real, got NaN');
  });

  test('on the edge of the support densities are what their limits are', () => {
    expect(logProb(dist.gamma([2, 1, 0.5], 1), [0, 0, 0])).toEqual([-Infinity, 0, Infinity]);
    expect(logProb(dist.gamma(1, 1), 0)).toEqual([0]);
    expect(logProb(dist.beta([2, 1, 0.5], 1), [0, 0, 0])).toEqual([-Infinity, 0, Infinity]);
    expect(logProb(dist.beta(1, [2, 1, 0.5]), [1, 1, 1])).toEqual([-Infinity, 0, Infinity]);
    expect(logProb(dist.beta(1, 1), [0, 1])).toEqual([0, 0]);
    expect(logProb(dist.dirichlet([1, 1, 1]), [0, 0.5, 0.5])[0]).toBeCloseTo(Math.LN2, 6);
    expect(logProb(dist.poisson([0, 0]), [0, 1])).toEqual([0, -Infinity]);
    expect(logProb(dist.bernoulli({ probs: [0, 0, 1, 1] }), [0, 1, 0, 1])).toEqual([0, -Infinity, -Infinity, 0]);
    expect(logProb(dist.binomial(3, { probs: [0, 1, 0] }), [0, 3, 1])).toEqual([0, 0, -Infinity]);
    expect(logProb(dist.categorical({ probs: [0, 1] }), [0, 1])).toEqual([-Infinity, 0]);
    expect(logProb(dist.categorical({ logits: [-Infinity, 0] }), [0, 1])).toEqual([-Infinity, 0]);
    expect(logProb(dist.geometric({ probs: [1, 1] }), [0, 1])).toEqual([0, -Infinity]);
    expect(logProb(dist.zeroInflated(dist.poisson(2), { gate: [0, 1, 1] }), [0, 0, 1])).toEqual([-2, 0, -Infinity]);
  });

  test('gradients stay finite where the density is', () => {
    const finite = (values: number[]): void => values.forEach((x) => expect(Number.isFinite(x)).toBe(true));
    finite(gradient((a) => dist.gamma(a, 1).logProb([0.5, 1e-30]), [1, 1]));
    finite(gradient((x) => dist.beta(1, 1).logProb(x), [0, 1]));
    finite(gradient((x) => dist.beta([1, 1], tf.tensor1d([1, 1])).logProb(x), [0, 1]));
    finite(gradient((l) => dist.categorical({ logits: tf.concat([l, tf.tensor1d([-Infinity])]) }).logProb(0), [0.5, 1]));
    finite(gradient((l) => dist.bernoulli({ logits: l }).logProb([0, 1]), [80, -80]));
    finite(gradient((l) => dist.bernoulli({ logits: l }).entropy(), [80, -80]));
    finite(gradient((l) => dist.categorical({ logits: l }).entropy(), [80, -80]));
    finite(gradient((p) => dist.bernoulli({ probs: p }).logProb([0, 1]), [0, 1]));
    finite(gradient((x) => dist.logistic(0, 1).logProb(x), [-500, 500]));
    finite(gradient((x) => dist.studentT(3, 0, 1).logProb(x), [-1e10, 0]));
    finite(gradient((x) => dist.cauchy(0, 1).logProb(x), [-1e10, 0]));
    finite(gradient((m) => dist.truncatedNormal(m, 1, -Infinity, [0.5, Infinity]).logProb([0, 0]), [3, 3]));
    finite(gradient((s) => dist.truncatedNormal(0, s, tf.tensor1d([-Infinity, -1]), Infinity).logProb([0, 0]), [1, 3]));
    finite(gradient((m) => dist.normal(m, 1).mask([true, false]).logProb([0, Number.NaN]), [0, 0]));
    finite(gradient((m) => dist.normal(m, 1).mask([true, false]).toEvent(1).logProb([0, Number.NaN]), [0, 0]));
    finite(gradient((w) => dist.mixtureSameFamily(dist.categorical({ logits: w }), dist.uniform([0, 2], [1, 3])).logProb(0.5), [0, 0]));
  });

  // P22
  test('logits and probabilities say the same, and extreme logits give no NaN', () => {
    const logits = [-3, -0.5, 0, 2];
    const probs = logits.map((l) => 1 / (1 + Math.exp(-l)));
    const makers: ((given: dist.ProbsOrLogits) => dist.Distribution)[] = [
      dist.bernoulli,
      (given) => dist.binomial(7, given),
      dist.geometric,
      (given) => dist.negativeBinomial(2.5, given),
    ];
    for (const make of makers) {
      for (const x of [0, 1]) {
        const [byLogits, byProbs] = [logProb(make({ logits }), x), logProb(make({ probs }), x)];
        byLogits.forEach((value, i) => expect(value).toBeCloseTo(byProbs[i]!, 5));
        expect(logProb(make({ logits: [-80, 80] }), x).some(Number.isNaN)).toBe(false);
      }
      const [a, b] = [make({ logits }), make({ probs })].map((d) => scoped(() => [...d.mean.dataSync(), ...d.variance.dataSync()]));
      a!.forEach((value, i) => expect(value / b![i]!).toBeCloseTo(1, 5));
    }
    const total = Math.log(Math.exp(-3) + Math.exp(-0.5) + 1 + Math.exp(2));
    const softmax = logits.map((l) => Math.exp(l - total));
    for (const make of [dist.categorical, (given: dist.ProbsOrLogits) => dist.multinomial(1, given), dist.oneHotCategorical]) {
      const x = scoped(() => make({ logits }).sample([5]).arraySync()) as number[][];
      const [byLogits, byProbs] = [logProb(make({ logits }), x), logProb(make({ probs: softmax }), x)];
      byLogits.forEach((value, i) => expect(value).toBeCloseTo(byProbs[i]!, 5));
    }
    expect(logProb(dist.categorical({ logits: [80, -80, 0] }), [0, 1, 2])).toEqual([0, -160, -80]);
    // Near-certain outcomes keep their digits.
    expect(logProb(dist.bernoulli({ logits: 30 }), 1)[0]! / -Math.exp(-30)).toBeCloseTo(1, 5);
  });

  // P23
  test('location-scale families move and stretch with their parameters', () => {
    for (const make of [dist.normal, dist.cauchy, dist.laplace, dist.logistic, dist.gumbel, (l: number, s: number) => dist.studentT(3, l, s)]) {
      const [plain] = logProb(make(0.3, 1.2), 0.9);
      const [moved] = logProb(make(0.3 * 2.5 - 1, 1.2 * 2.5), 0.9 * 2.5 - 1);
      expect(moved!).toBeCloseTo(plain! - Math.log(2.5), 5);
    }
  });

  test('moments that do not exist are NaN or infinite', () => {
    const moments = (d: dist.Distribution): number[] => scoped(() => [d.mean.dataSync()[0]!, d.variance.dataSync()[0]!]);
    expect(moments(dist.cauchy(0, 1))).toEqual([Number.NaN, Number.NaN]);
    expect(moments(dist.studentT(1, 3, 1))).toEqual([Number.NaN, Number.NaN]);
    expect(moments(dist.studentT(1.5, 3, 1))).toEqual([3, Infinity]);
    expect(moments(dist.pareto(1, 1))).toEqual([Infinity, Infinity]);
    expect(moments(dist.inverseGamma(1.5, 1))).toEqual([2, Infinity]);
  });

  test('draws of extreme parameters stay inside of the support', () => {
    const extremes: dist.Distribution[] = [
      dist.gamma(1e-3, 1),
      dist.beta(1e-3, 1e-3),
      dist.beta(1e4, 1e-2),
      dist.dirichlet([1e-3, 1e-3, 1e-3]),
      dist.inverseGamma(1e-2, 1),
      dist.weibull(1, 0.01),
      dist.pareto(1, 1e-3),
      dist.logNormal(0, 40),
      dist.truncatedNormal(0, 1, 8, 9),
      dist.truncatedNormal(0, 1, 8, Infinity),
      dist.truncatedNormal(20, 1, -Infinity, 10),
      dist.vonMises(3, 1e-8),
      dist.vonMises(3, 1e8),
      dist.lkjCholesky(4, 0.01),
      dist.geometric({ probs: 1 }),
    ];
    for (const d of extremes) {
      tf.tidy(() => {
        const x = d.sample([200]);
        expect(tf.all(d.support.check(x)).dataSync()[0]).toBe(1);
        expect(tf.any(tf.isNaN(d.logProb(x))).dataSync()[0]).toBe(0);
        expect(tf.all(tf.isFinite(x)).dataSync()[0]).toBe(1);
      });
    }
  });
});

describeOnBackends('complaints', () => {
  test('bad parameters: the family, the parameter, what it must be, and an offender', () => {
    expect(() => dist.normal(0, -1)).toThrow('normal: scale must be positive, got -1');
    expect(() => dist.normal([0, Number.NaN], 1)).toThrow('normal: loc must be real, got NaN (in a tensor [2])');
    expect(() => dist.uniform(1, 1)).toThrow('uniform: high must be greaterThan(1), got 1');
    expect(() => dist.bernoulli({ probs: 1.5 })).toThrow('bernoulli: probs must be unitInterval, got 1.5');
    expect(() => dist.categorical({ probs: [0.5, 0.6] })).toThrow('categorical: probs must be simplex, got [0.5, 0.6] of shape [2]');
    expect(() => dist.binomial(1.5, { probs: 0.5 })).toThrow('binomial: totalCount must be nonNegativeInteger, got 1.5');
    expect(() => dist.multivariateNormal([0, 0], { covarianceMatrix: [[1, 2], [2, 1]] })).toThrow(/covarianceMatrix must be positiveDefinite, got \[1, 2, 2, 1\]/);
    expect(() => dist.multivariateNormal([0, 0], { scaleTril: [[1, 1], [0, 1]] })).toThrow(/scaleTril must be lowerCholesky/);
    const large = tf.fill([100, 100], -2);
    expectNoLeak(() => expect(() => dist.exponential(large)).toThrow('exponential: rate must be positive, got -2 (in a tensor [100, 100])'));
    large.dispose();
    withValidation(false, () => expect(() => dist.normal(0, -1)).not.toThrow());
  });

  test('bad arguments', () => {
    expect(() => dist.bernoulli({})).toThrow('bernoulli: give exactly one of { probs } and { logits }');
    expect(() => dist.bernoulli({ probs: 0.5, logits: 0 })).toThrow(/exactly one/);
    expect(() => dist.categorical({ prob: [1] } as dist.ProbsOrLogits)).toThrow(/unknown option "prob".*Did you mean "probs"/);
    expect(() => dist.multivariateNormal([0, 0], {})).toThrow(/exactly one of { covarianceMatrix }/);
    expect(() => dist.multivariateNormal([0, 0], { scaleTril: [[1]] })).toThrow(/loc must have shape \[..., n\] and scaleTril \[..., n, n\], got \[2\] and \[1, 1\]/);
    expect(() => dist.dirichlet(1)).toThrow(/last dimension/);
    expect(() => dist.lkjCholesky(1, 1)).toThrow(/dim must be a whole number ≥ 2/);
    expect(() => dist.mixtureSameFamily(dist.categorical({ probs: [0.5, 0.5] }), dist.normal([0, 1, 2], 1))).toThrow(/has 2 classes, so the components' batch shape must end in 2, got \[3\]/);
    expect(() => dist.transformed(dist.normal(0, 1), [transforms.stickBreaking])).toThrow(/takes events of 1 dimension.*expand it first/);
    expect(() => dist.normal(0, 1).expand([2]).expand([3])).toThrow('normal: batch shape [2] does not expand to [3]');
    expect(() => dist.normal(0, 1).toEvent(1)).toThrow(/cannot make 1 batch dimensions part of the event/);
    expect(() => dist.improperUniform(constraints.simplex)).toThrow(/simplex takes events of 1 dimension\(s\), but the event shape is \[\]/);
  });

  test('inside of a model the complaint waits for the sample statement', () => {
    const d = new Silent().run(() => dist.normal(0, -1));
    for (const bad of [d, d.toEvent(0), d.expand([2]), d.expand([2]).toEvent(1), d.mask(true), dist.transformed(d, [transforms.exp])]) {
      expect(() => bad.throwIfInvalid()).toThrow('normal: scale must be positive, got -1');
      expect(() => bad.sample()).toThrow(/scale must be positive/);
      expect(() => bad.logProb(0)).toThrow(/scale must be positive/);
    }
  });

  test('bounds in the wrong order wait, too', () => {
    const d = new Silent().run(() => dist.uniform(2, 1));
    expect(d.isDiscrete).toBe(false);
    expect(() => d.sample()).toThrow('uniform: high must be greaterThan(2), got 1');
  });

  // numpyro#1230
  test('a value that would blow up the batch shape is refused, with the cure', () => {
    const d = dist.normal(tf.zeros([3, 1]), 1);
    expectNoLeak(() => expect(() => d.logProb([1, 2, 3])).toThrow(/value has shape \[3\], but batchShape\+eventShape is \[3, 1\]\+\[\].*\[3, 3\].*reshape/u));
    expect(() => dist.normal([0, 0], 1).toEvent(1).logProb([[1], [2]])).toThrow(/last 1 dimension\(s\) must be \[2\]/);
    expect(() => dist.multivariateNormal([0, 0], { scaleTril: [[1, 0], [0, 1]] }).logProb(1)).toThrow(/multivariateNormal: value has shape \[\]/);
    expect(scoped(() => dist.normal([0, 1], 1).logProb(0).shape)).toEqual([2]);
    expect(scoped(() => dist.normal([0, 1], 1).logProb([[0, 1], [2, 3], [4, 5]]).shape)).toEqual([3, 2]);
  });

  test('a table of values against parameters, unless it looks like a row against a column', () => {
    const ofShape = (value: number[], batch: number[]) => (): number[] =>
      scoped(() => dist.normal(tf.zeros(batch), 1).logProb(tf.zeros(value)).shape);
    expect(ofShape([5, 1], [3])()).toEqual([5, 3]);
    expect(ofShape([3, 1], [1, 3])()).toEqual([3, 3]);
    expect(ofShape([4, 1, 2], [3, 1])()).toEqual([4, 3, 2]);
    for (const [value, batch] of [[[3, 1], [3]], [[3], [3, 1]], [[3], [4, 3, 1]]]) {
      expect(ofShape(value!, batch!)).toThrow(/together they would broadcast/);
    }
    const d = dist.normal([0, 1], 1);
    const [first, second] = scoped(() => d.logProb([[0], [1], [2]]).arraySync() as number[][])!;
    expect(first![1]).toBeCloseTo(second![0]!, 6);
  });

  test('improperUniform: zero everywhere, and draws that say what to do instead', () => {
    const d = dist.improperUniform(constraints.positive, [2], [3]);
    expect(d.support.eventDim).toBe(1);
    expect(logProb(d, [[1, 2, 3], [4, 5, 6]])).toEqual([0, 0]);
    expect(() => d.logProb([[1, 2, -3], [4, 5, 6]])).toThrow(/improperUniform: value must be/);
    expectNoLeak(() => expect(() => d.sample()).toThrow(/has no draws.*Condition the site.*initStrategy/u));
  });

  test('delta: batch shape of its value, draws that carry gradients, integers stay integers', () => {
    const indices = tf.tensor1d([1, 2], 'int32');
    expect(dist.delta([1, 2]).batchShape).toEqual([2]);
    expect(logProb(dist.delta([1, 2], -0.5), [1, 3])).toEqual([-0.5, -Infinity]);
    expect(gradient((x) => dist.delta(x).rsample([3]), [1, 2])).toEqual([3, 3]);
    expect(scoped(() => dist.delta(indices).sample().dtype)).toBe('int32');
    const vectors = dist.delta([[1, 2], [3, 4]], [-0.5, 7], 1);
    expect([vectors.batchShape, vectors.eventShape]).toEqual([[2], [2]]);
    expect(scoped(() => vectors.sample([3]).shape)).toEqual([3, 2, 2]);
    expect(logProb(vectors, [[1, 2], [3, 4]])).toEqual([-0.5, 7]);
    expect(logProb(vectors, [[1, 2], [3, 5]])).toEqual([-0.5, -Infinity]);
    expect(() => dist.delta(1, 0, 1)).toThrow(/eventDim must lie in 0 \.\. 0, .*; got 1/);
    expect(logProb(dist.delta(indices), indices)).toEqual([0, 0]);
    indices.dispose();
  });

  test('support can be listed where it is finite', () => {
    const list = (d: dist.Distribution): unknown => scoped(() => d.enumerateSupport().arraySync());
    expect(list(dist.bernoulli({ probs: [0.1, 0.2] }))).toEqual([[0, 0], [1, 1]]);
    expect(list(dist.categorical({ probs: [0.1, 0.2, 0.7] }))).toEqual([0, 1, 2]);
    expect(list(dist.binomial([2, 2], { probs: 0.5 }))).toEqual([[0, 0], [1, 1], [2, 2]]);
    expect(list(dist.oneHotCategorical({ logits: [[0, 0]] }))).toEqual([[[1, 0]], [[0, 1]]]);
    expect(list(dist.bernoulli({ probs: 0.5 }).mask([true, false]))).toEqual([[0, 0], [1, 1]]);
    expect(() => dist.binomial([1, 2], { probs: 0.5 }).enumerateSupport()).toThrow(/totalCount differs/);
    expect(() => dist.poisson(1).enumerateSupport()).toThrow('poisson: its support cannot be enumerated');
    expect(() => dist.normal(0, 1).enumerateSupport()).toThrow('normal: its support cannot be enumerated');
  });
});
