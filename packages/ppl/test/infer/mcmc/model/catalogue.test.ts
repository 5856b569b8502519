/** @file A catalogue of models that use the language in many ways: both engines say the same, forth and back. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../../../src/backend/ready.ts';
import * as constraints from '../../../../src/constraints/index.ts';
import * as dist from '../../../../src/distributions/index.ts';
import * as handlers from '../../../../src/handlers/index.ts';
import { logDensity } from '../../../../src/infer/mcmc/model/modelTarget.ts';
import { plate } from '../../../../src/plate.ts';
import { deterministic, factor, sample } from '../../../../src/primitives.ts';
import { relativeError } from '../../../helpers/finiteDifference.ts';
import { expectNoLeak } from '../../../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const models: Readonly<Record<string, () => void>> = {
  'a site without elements': () => {
    sample('none', dist.normal(tf.zeros([0]), 1).toEvent(1));
    sample('x', dist.normal(0, 1));
  },
  'arrays of all types': () => {
    const x = sample('x', dist.normal(0, 1));
    sample('ints', dist.normal(x, 1), { obs: Int32Array.of(1, 2) });
    sample('booleans', dist.bernoulli({ logits: x }), { obs: [true, false] });
    const rows = [Float64Array.of(1, 2), Float64Array.of(3, 4)] as unknown as number[][];
    const mixed = [Float32Array.of(0.1, 0.2), Float64Array.of(0.3, 0.4)] as unknown as number[][];
    sample('rows', dist.normal(x, rows), { obs: mixed });
  },
  'improper priors': () => {
    const s = sample('s', dist.improperUniform(constraints.positive));
    const o = sample('o', dist.improperUniform(constraints.ordered, [], [3]));
    const a = sample('a', dist.improperUniform(constraints.interval(-1, 3), [2]));
    const c = sample('c', dist.improperUniform(constraints.lessThan(2)));
    sample('y', dist.normal(o, s), { obs: [1, 2, 3] });
    sample('z', dist.normal(a, tf.exp(c)), { obs: [0, 1] });
  },
  'angles': () => {
    const m = sample('m', dist.vonMises(0, 2));
    const k = sample('k', dist.gamma(2, 1));
    sample('y', dist.vonMises(m, k), { obs: [0.1, 3, -3] });
  },
  'bounds that are sites': () => {
    const m = sample('m', dist.truncatedNormal(0, 1, -1, 2));
    const h = sample('h', dist.truncatedNormal(m, 1, m, Infinity));
    const scale = sample('scale', dist.gamma(2, 1));
    sample('p', dist.pareto(scale, 3));
    deterministic('sum', tf.add(m, h));
  },
  'mixtures': () => {
    const x = sample('x', dist.mixtureSameFamily(dist.categorical({ probs: [0.3, 0.7] }), dist.normal([-1, 1], [0.5, 1])));
    factor('penalty', tf.neg(tf.square(x)));
    const rate = sample('rate', dist.gamma(2, 1));
    const gate = sample('gate', dist.beta(1, 1));
    sample('y', dist.zeroInflated(dist.poisson(rate), { gate }), { obs: [0, 0, 3, 1] });
  },
  'a covariance matrix': () => {
    const s = sample('s', dist.improperUniform(constraints.positiveDefinite, [], [2, 2]));
    sample('y', dist.multivariateNormal([0, 0], { covarianceMatrix: s }).expand([3]), { obs: [[1, 2], [0, 1], [2, -1]] });
    factor('penalty', tf.neg(tf.sum(tf.square(s))));
  },
  'correlations and scales': () => {
    const l = sample('l', dist.lkjCholesky(3, 1.5));
    const s = sample('s', dist.halfNormal([1, 2, 3]).toEvent(1));
    const scaleTril = tf.mul(tf.expandDims(s, -1), l);
    sample('y', dist.multivariateNormal([0, 0, 0], { scaleTril }), { obs: [1, 2, 3] });
  },
  'a random walk': () => {
    const s = sample('s', dist.halfNormal(1));
    const z = sample('z', dist.gaussianRandomWalk(s, 5));
    sample('y', dist.normal(z, 0.1), { obs: [1, 2, 3, 4, 5] });
  },
  'nested plates, scaled': () => {
    const g = sample('g', dist.normal(0, 1));
    plate('rows', 3, { dim: -2 }, () => {
      const x = sample('x', dist.normal(g, 1));
      const observe = (): Tensor => sample('y', dist.normal(x, 1), { obs: [[1, 2], [3, 4], [5, 6]] });
      plate('columns', 2, () => handlers.scale({ scale: 0.1 }).run(observe));
    });
  },
  'classes and counts': () => {
    const p = sample('p', dist.dirichlet([1, 1, 1]));
    sample('counts', dist.multinomial(6, { probs: p }), { obs: [1, 2, 3] });
    sample('classes', dist.categorical({ probs: p }), { obs: [0, 2] });
    sample('vector', dist.oneHotCategorical({ probs: p }), { obs: [0, 1, 0] });
    sample('successes', dist.betaBinomial(tf.slice(p, 0, 1), 2, 5), { obs: [3] });
    sample('failures', dist.negativeBinomial(tf.slice(p, 1, 1), { probs: 0.3 }), { obs: [4] });
  },
  'values with weights': () => {
    const x = sample('x', dist.normal(0, 1));
    sample('d', dist.delta(0.5, x), { obs: 0.5 });
    sample('t', dist.studentT(3, x, 1), { obs: 1 });
  },
};

test.each(Object.keys(models))('%s', (name) => {
  expectNoLeak(() => {
    const model = models[name]!;
    const compiled = logDensity(model, [], { engine: 'compiled' });
    const eager = logDensity(model, [], { engine: 'eager' });
    expect(compiled.siteNames).toEqual(eager.siteNames);
    for (const shift of [0, 1, 2]) {
      const q = Float64Array.from({ length: compiled.dimension }, (_, i) => Math.sin(2 * i + shift));
      const [slope, otherSlope] = [new Float64Array(q.length), new Float64Array(q.length)];
      const [value, other] = [compiled.evaluate(q, slope), eager.evaluate(q, otherSlope)];
      // Float32, in sums of some dozen terms.
      const scale = Math.max(1, Math.abs(other), ...otherSlope.map(Math.abs));
      expect(relativeError(value, other, scale)).toBeLessThan(3e-5);
      slope.forEach((each, i) => expect(relativeError(each, otherSlope[i]!, scale)).toBeLessThan(3e-5));
      const [sites, otherSites] = [compiled.constrain(q), eager.constrain(q)];
      expect(Object.keys(sites)).toEqual(Object.keys(otherSites));
      for (const [site, { data, shape }] of Object.entries(sites)) {
        expect(shape).toEqual(otherSites[site]!.shape);
        data.forEach((x, i) => expect(relativeError(x, otherSites[site]!.data[i]!, 1)).toBeLessThan(1e-4));
      }
      tf.tidy(() => {
        const tensors = compiled.siteNames.map((site) => [site, tf.tensor(Float32Array.from(sites[site]!.data), [...sites[site]!.shape])]);
        compiled.unconstrain(Object.fromEntries(tensors)).forEach((x, i) => expect(Math.abs(x - q[i]!)).toBeLessThan(1e-3));
      });
    }
  });
});
