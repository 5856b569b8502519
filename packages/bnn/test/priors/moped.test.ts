import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, optim, ready, setSeed } from '@tychejs/ppl';
import { VariationalBNN } from '../../src/bnn.ts';
import * as guides from '../../src/guides/index.ts';
import { lift } from '../../src/lift/lift.ts';
import * as likelihoods from '../../src/likelihoods/index.ts';
import * as priors from '../../src/priors/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const KERNEL = [2, -0.5, 0, 0.001];

function makeNet(units = 2) {
  const net = sequential({ layers: [layers.dense({ units, inputShape: [2] })] });
  if (units === 2) net.setWeights([tf.tensor2d(KERNEL, [2, 2]), tf.tensor1d([1, 0])]);
  return net;
}

function moments(distribution: dist.Distribution): number[][] {
  return tf.tidy(() => [distribution.mean, distribution.variance].map((x) => [...x.dataSync()]) as never) as number[][];
}

test('is centred on the weights, as wide as a share of their sizes, and keeps to them when the net changes', () => {
  const net = makeNet();
  const lifted = lift(net);
  expectNoLeak(() => {
    const prior = priors.moped(net, { delta: 0.2, minScale: 0.03 });
    net.setWeights([tf.ones([2, 2]), tf.ones([2])].map((x) => tf.keep(x)));
    const [mean, variance] = moments(prior.apply(lifted.parameters).get('dense1.kernel')!);
    expect(mean).toEqual(KERNEL.map((w) => expect.closeTo(w, 6)));
    expect(variance).toEqual([0.4, 0.1, 0.03, 0.03].map((s) => expect.closeTo(s * s, 6)));
    prior.dispose();
  }, 2);
  const defaults = priors.moped(makeNet(), { filter: { hideParameters: ['bias'] } });
  const applied = defaults.apply(lifted.parameters);
  expect([...applied.keys()]).toEqual(['dense1.kernel']);
  expect(moments(applied.get('dense1.kernel')!)[1]).toEqual([1, 0.25, 0.01, 0.01].map((s) => expect.closeTo(s * s, 6)));
  defaults.dispose();
  net.dispose();
});

test('with little data the posterior is the prior, at the trained weights', async () => {
  setSeed(3);
  const net = makeNet();
  const prior = priors.moped(net, { delta: 0.1 });
  const bnn = new VariationalBNN({ net, prior, likelihood: likelihoods.homoskedasticGaussian({ scale: 100 }), guide: guides.autoNormal({ initScale: 0.1 }) });
  const x = tf.tensor2d([[1, 0], [0, 1]]);
  const y = tf.tensor2d([[2, 0], [1, 1]]);
  await bnn.fit({ x, y }, { optim: optim.adam({ lr: 0.03 }), epochs: 800 });
  const posterior = bnn.guide!.getDetachedDistributions();
  const [mean, variance] = moments(posterior['dense1.kernel']!);
  const deviations = [0.2, 0.05, 0.01, 0.01];
  // The data say next to nothing, so the posterior is the prior, up to what Adam has not reached yet.
  mean!.forEach((m, i) => expect(Math.abs(m - KERNEL[i]!)).toBeLessThan(0.02 * deviations[i]!));
  variance!.forEach((v, i) => expect(Math.abs(Math.log(Math.sqrt(v) / deviations[i]!))).toBeLessThan(0.05));
  bnn.dispose();
  prior.dispose();
  net.dispose();
});

test('a guide begins as the prior is', () => {
  const trained = makeNet();
  const prior = priors.moped(trained, { delta: 0.2, minScale: 0.03 });
  const guide = guides.autoNormal({ initLoc: guides.fromPretrained(trained), initScale: prior.initScale });
  const net = makeNet(2);
  net.setWeights([tf.zeros([2, 2]), tf.zeros([2])]);
  const bnn = new VariationalBNN({ net, prior, likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }), guide });
  const posterior = bnn.guide!.getDetachedDistributions();
  const applied = prior.apply(lift(net).parameters);
  for (const [name, distribution] of applied) {
    moments(distribution).forEach((row, i) => expect(moments(posterior[name]!)[i]).toEqual(row.map((x) => expect.closeTo(x, 6))));
  }
  expect(applied.size).toBe(2);
  bnn.dispose();
  prior.dispose();
});

describe('refuses, saying what to do', () => {
  test.each([
    ['a share of nothing', { delta: 0 }, /priors\.moped: delta must be positive and finite, got 0/],
    ['a width of nothing', { minScale: -1 }, /minScale must be positive/],
    ['a misspelt option', { deltas: 1 } as never, /unknown option "deltas"\. Did you mean "delta"/],
  ])('%s', (_, options, message) => {
    expect(() => priors.moped(makeNet(), options)).toThrow(message);
  });

  test('a network of another build', () => {
    const prior = priors.moped(makeNet());
    expect(() => prior.apply(lift(makeNet(3)).parameters)).toThrow(/"dense1\.kernel" has shape \[2, 2\] in the trained net, but \[2, 3\] here/);
    const deeper = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] }), layers.dense({ units: 2 })] });
    expect(() => prior.apply(lift(deeper).parameters)).toThrow(/no weight "dense2\.kernel"; it has dense1\.kernel, dense1\.bias/);
    prior.dispose();
  });
});
