/** @file Priors in networks: who is sampled, mixtures and other distributions, and priors that replace others. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, handlers, optim, ready, setSeed } from '@tychejs/ppl';
import fc from 'fast-check';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { DropInBNN, VariationalBNN, guides, likelihoods, priors } from '../../src/index.ts';
import { scramble, wavy } from '../helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const values = (tensor: Tensor): number[] => [...tensor.dataSync()];

function network(): LayersModel {
  const net = sequential({
    layers: [
      layers.dense({ name: 'body', units: 2, inputShape: [2], activation: 'tanh' }),
      layers.batchNormalization({ name: 'norm' }),
      layers.dense({ name: 'head', units: 1 }),
    ],
  });
  scramble(net);
  return net;
}

const make = (prior: priors.Prior, net: LayersModel = network()) =>
  new VariationalBNN({ net, prior, likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide: guides.autoNormal() });

const data = () => ({ x: wavy([6, 2]), y: wavy([6, 1], 50) });

test('whatever the filter, each weight is sampled or a parameter, never both, never neither (P47)', () => {
  const net = network();
  const all = ['body.kernel', 'body.bias', 'norm.gamma', 'norm.beta', 'head.kernel', 'head.bias'];
  const list = (key: string, entries: string[]) => fc.option(fc.subarray(entries, { minLength: 1 })).map((chosen) => (chosen === null ? {} : { [key]: chosen }));
  const filters = fc
    .tuple(
      fc.constantFrom({ hideAll: true }, { exposeAll: true }),
      fc.oneof(list('hide', all), list('expose', all)),
      fc.oneof(list('hideParameters', ['kernel', 'bias', 'gamma', 'beta']), list('exposeParameters', ['kernel', 'bias', 'gamma', 'beta'])),
      fc.oneof(list('hideLayers', ['body', 'norm', 'head']), list('exposeLayers', ['body', 'norm', 'head'])),
      fc.oneof(list('hideLayerTypes', ['Dense', 'BatchNormalization']), list('exposeLayerTypes', ['Dense', 'BatchNormalization'])),
    )
    .map((rules) => Object.assign({}, ...rules) as priors.PriorFilter);
  fc.assert(
    fc.property(filters, (filter) => {
      const bayesian = new BayesianNet(net, priors.iid(dist.normal(0, 1), filter));
      tf.tidy(() => {
        const trace = handlers.trace(() => bayesian.forward(wavy([3, 2]), { training: false })).getTrace();
        const sampled = trace.stochasticSites().map(({ name }) => name);
        const read = trace.paramSites().map(({ name }) => name);
        expect(sampled).toEqual(bayesian.siteNames);
        expect([...sampled, ...read].toSorted()).toEqual(all.toSorted());
      });
      bayesian.dispose();
    }),
    { numRuns: 60, seed: 47 },
  );
});

describe('a scale mixture (Blundell et al., 2015)', () => {
  const [weights, scales] = [[0.25, 0.75], [1, 0.1]] as const;
  const mixture = () => dist.mixtureSameFamily(dist.categorical({ probs: [...weights] }), dist.normal([0, 0], [...scales]));
  const density = (x: number, mean: number, s: number) => Math.exp(-0.5 * ((x - mean) / s) ** 2) / (s * Math.sqrt(2 * Math.PI));

  test('has the divergence that quadrature finds', () => {
    const means = [0.3, -1, 0.05];
    const net = { parameters: { w: tf.variable(tf.tensor1d(means)) }, forward: (x: Tensor | Tensor[], { w }: Readonly<Record<string, Tensor>>) => tf.mul(x as Tensor, w!) };
    const bnn = new DropInBNN({ net, prior: priors.iid(mixture()), guide: guides.autoNormal({ initScale: 0.2 }) });
    const expected = means.reduce((sum, mean) => {
      const step = 1e-3;
      for (let x = mean - 2; x < mean + 2; x += step) {
        const q = density(x, mean, 0.2);
        sum += step * q * (Math.log(q) - Math.log(weights[0] * density(x, 0, scales[0]) + weights[1] * density(x, 0, scales[1])));
      }
      return sum;
    }, 0);
    const draws = handlers.seed({ seed: 3 }).run(() =>
      Array.from({ length: 500 }, () =>
        tf.tidy(() => {
          bnn.forward(tf.ones([3]));
          return values(bnn.klLoss)[0]!;
        }),
      ),
    );
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const variance = draws.reduce((sum, x) => sum + (x - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - expected)).toBeLessThan(4.5 * Math.sqrt(variance / draws.length));
  });

  test('and other distributions, of any support: compiled steps do what eager ones do', async () => {
    const all = [mixture(), dist.laplace(0, 1), dist.cauchy(0, 1), dist.uniform(-5, 5)];
    for (const distribution of all) {
      const losses = async (engine: 'compiled' | 'eager') => {
        setSeed(4);
        const bnn = make(priors.iid(distribution));
        const result = await bnn.fit(data(), { optim: optim.adam({ lr: 0.05 }), epochs: 3, engine });
        bnn.dispose();
        return result.losses;
      };
      const [compiled, eager] = [await losses('compiled'), await losses('eager')];
      compiled.forEach((loss, i) => expect(Math.abs(loss / eager[i]! - 1)).toBeLessThan(1e-4));
    }
  });
});

describe('updatePrior', () => {
  const scaleOf = (prior: dist.Distribution) => Math.sqrt(values(prior.variance)[0]!);

  test('takes a prior of each kind, for what is sampled and it exposes; and none that does not fit', () => {
    const net = network();
    const bayesian = new BayesianNet(net, priors.iid(dist.normal(0, 1), { hideLayers: ['norm'] }));
    const found = () => {
      const entries = tf.tidy(() => {
        const trace = handlers.trace(() => bayesian.sampleWeights()).getTrace();
        return trace.stochasticSites().map(({ name, distribution }) => [name, Number(scaleOf(distribution).toFixed(4))]) as never;
      });
      return Object.fromEntries(entries as [string, number][]);
    };
    bayesian.updatePrior(priors.iid(dist.normal(0, 2), { hideLayers: ['norm'], hide: ['head.bias'] }));
    expect(found()).toEqual({ 'body.kernel': 2, 'body.bias': 2, 'head.kernel': 2, 'head.bias': 1 });
    bayesian.updatePrior(priors.layerwiseNormal({ method: 'radford' }, { exposeParameters: ['kernel'] }));
    expect(found()).toEqual({ 'body.kernel': 0.7071, 'body.bias': 2, 'head.kernel': 0.7071, 'head.bias': 1 });
    bayesian.updatePrior(priors.dictionary({ 'body.bias': dist.laplace(0, 3) }, { expose: ['body.bias'] }));
    bayesian.updatePrior(priors.lambda((name) => (name === 'head.bias' ? dist.normal(0, 7) : null)));
    expect(found()).toEqual({ 'body.kernel': 0.7071, 'body.bias': 4.2426, 'head.kernel': 0.7071, 'head.bias': 7 });
    const moped = priors.moped(net, { delta: 1, minScale: 100 });
    bayesian.updatePrior(moped);
    expect(found()).toEqual({ 'body.kernel': 100, 'body.bias': 100, 'head.kernel': 100, 'head.bias': 100 });
    const refused: [priors.Prior, RegExp][] = [
      [priors.iid(dist.normal(0, 1), { hide: ['tail.bias'] }), /"tail.bias" in hide matches no trainable parameter/],
      [priors.dictionary({ 'tail.bias': dist.normal(0, 1) }), /there is no parameter "tail.bias"/],
      [priors.dictionary({ 'body.bias': dist.normal(0, 1) }), /no distribution for "body.kernel", only for body.bias/],
      [priors.iid(dist.normal([0, 0, 0], 1)), /which does not expand to the parameter's shape \[2, 2\]/],
    ];
    for (const [prior, message] of refused) expect(() => bayesian.updatePrior(prior)).toThrow(message);
    expect(found()['body.kernel']).toBe(100);
    moped.dispose();
  });
});
