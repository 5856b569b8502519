import { layers, sequential } from '@tensorflow/tfjs-layers';
import * as tf from '@tensorflow/tfjs-core';
import { dist, guides as autoguides, optim, ready } from '@tychejs/ppl';
import { VariationalBNN, guides, likelihoods, priors } from '../src/index.ts';
import { distributionText } from '../src/netDescription.ts';
import { wavy } from './helpers/nets.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const net = () => sequential({ layers: [layers.dense({ units: 2, inputShape: [3], name: 'first' }), layers.dense({ units: 1, name: 'last' })] });
const data = () => ({ x: wavy([4, 3]), y: wavy([4, 1]) });

test.each<[() => dist.Distribution, string]>([
  [() => dist.normal(0, 1 / 3), 'normal(0, 0.3333)'],
  [() => dist.normal(0, 1).expand([3, 2]).toEvent(2), 'normal(0, 1)'],
  [() => dist.laplace(0, 2).mask(true), 'laplace(0, 2)'],
  [() => dist.mixtureSameFamily(dist.categorical({ probs: [0.5, 0.5] }), dist.normal([0, 0], [1, 2])), 'mixtureSameFamily(categorical([2]), normal([2], [2]))'],
])('a distribution is written as it is made', (make, text) => {
  expect(distributionText(make())).toBe(text);
});

test('a distribution of tensors is written by their shapes', () => {
  const loc = tf.zeros([3, 2]);
  expect(distributionText(dist.normal(loc, 0.1).toEvent(2))).toBe('normal([3, 2], 0.1)');
});

test('networks say what they are made of', () => {
  const options = { net: net(), prior: priors.iid(dist.normal(0, 1), { hideLayers: ['last'] }), likelihood: likelihoods.poisson() };
  const bnn = new VariationalBNN({ ...options, guide: guides.autoNormal() });
  expect(bnn.description).toEqual({
    weights: [
      { name: 'first.kernel', shape: [3, 2], prior: 'normal(0, 1)' },
      { name: 'first.bias', shape: [2], prior: 'normal(0, 1)' },
      { name: 'last.kernel', shape: [2, 1], prior: null },
      { name: 'last.bias', shape: [1], prior: null },
    ],
    guide: 'guides.AutoNormal',
    likelihood: 'likelihoods.poisson',
  });
  expect(new VariationalBNN({ ...options, guide: autoguides.AutoLowRankMultivariateNormal }).description.guide).toBe('guides.AutoLowRankMultivariateNormal');
  expect(new VariationalBNN({ ...options, guide: (model) => () => model() }).description.guide).toBe('a function');
  expect(new VariationalBNN({ ...options, guide: null }).description.guide).toBeNull();
});

test('a prior that was disposed of is missed by training, and by nothing else', async () => {
  const prior = priors.moped(net());
  const bnn = new VariationalBNN({ net: net(), prior, likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide: guides.autoNormal() });
  const options = { optim: optim.adam({ lr: 0.1 }), epochs: 1, engine: 'eager' } as const;
  await bnn.fit(data(), options);
  prior.dispose();
  expect(bnn.predict(data().x, { numSamples: 2 }).mean.shape).toEqual([4, 1]);
  await expect(bnn.fit(data(), options)).rejects.toThrow(
    /bnn\.fit: the prior of "first\.kernel", normal\(\[3, 2\], \[3, 2\]\), was disposed of, and training needs it; .* updatePrior/,
  );
  bnn.updatePrior(priors.iid(dist.normal(0, 1)));
  await bnn.fit(data(), options);
});
