import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, ready, sample } from '@tychejs/ppl';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { VariationalBNN, handlers, likelihoods, priors } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { wavy } from '../helpers/nets.ts';
import { quietWarnings } from '../helpers/warnings.ts';
import { expectMoments, moments, outputs, posterior, seeded, values } from './posterior.ts';

jest.setTimeout(60_000);

const warnings = quietWarnings();

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

const local = handlers.localReparameterization;

describe('a dense layer', () => {
  const cases: [string, boolean, readonly string[]][] = [
    ['with a bias that is sampled', true, []],
    ['with a bias that is a parameter', true, ['bias']],
    ['without a bias', false, []],
  ];

  test.each(cases)('%s: outputs have the mean and variance of x W + b, as written out by hand', (_, useBias, hide) => {
    const net = sequential({ layers: [layers.dense({ units: 2, inputShape: [3], useBias })] });
    const bnn = posterior(net, 0.3, hide);
    const row = [0.5, -1, 2];
    const [kernel, bias = [0, 0]] = net.getWeights().map((weight) => weight.arraySync()) as [number[][], number[]?];
    const means = [0, 1].map((j) => row.reduce((sum, x, i) => sum + x * kernel[i]![j]!, bias[j]!));
    const spread = 0.09 * (row.reduce((sum, x) => sum + x * x, 0) + (useBias && hide.length === 0 ? 1 : 0));
    // Rows have noise of their own, so many rows in one draw do as many draws.
    const x = tf.tidy(() => tf.tile(tf.tensor2d([row]), [4000, 1]));
    const drawn = seeded(1, () => local().run(() => outputs(bnn, x, 1)));
    expectMoments(moments(tf.squeeze(drawn, [0])), means, [spread, spread]);
    expect(warnings()).not.toHaveBeenCalled();
  });

  test('gives identical rows noise of their own, where sampling weights gives them the same', () => {
    const bnn = posterior(sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] }));
    const x = tf.ones([128, 2]);
    const own = values(seeded(2, () => local().run(() => outputs(bnn, x, 1))));
    expect(new Set(own).size).toBe(128);
    expect(new Set(values(seeded(2, () => outputs(bnn, x, 1)))).size).toBe(1);
    // Two rows over 400 draws: the correlation of independent ones has a standard error of 1 / 20.
    const pairs = seeded(3, () => local().run(() => outputs(bnn, tf.ones([2, 2]), 400)));
    tf.tidy(() => {
      const centred = tf.sub(pairs, tf.mean(pairs, 0));
      const [first, second] = tf.unstack(centred, 1) as [Tensor, Tensor];
      const correlation = tf.div(tf.sum(tf.mul(first, second)), tf.sqrt(tf.mul(tf.sum(tf.square(first)), tf.sum(tf.square(second)))));
      expect(Math.abs(values(correlation)[0]!)).toBeLessThan(4.5 / 20);
    });
  });

  test('applies its activation to the noisy sum', () => {
    const linear = posterior(sequential({ layers: [layers.dense({ units: 3, inputShape: [2] })] }));
    const relu = posterior(sequential({ layers: [layers.dense({ units: 3, inputShape: [2], activation: 'relu' })] }));
    const x = wavy([5, 2]);
    const draw = (bnn: ReturnType<typeof posterior>) => values(seeded(4, () => local().run(() => outputs(bnn, x, 1))));
    expect(draw(relu)).toEqual(draw(linear).map((y) => Math.max(0, y)));
  });

  test('takes inputs of higher rank', () => {
    const bnn = posterior(sequential({ layers: [layers.dense({ units: 2, inputShape: [3, 4] })] }));
    const drawn = seeded(5, () => local().run(() => outputs(bnn, wavy([2, 3, 4]), 1)));
    expect(drawn.shape).toEqual([1, 2, 3, 2]);
  });
});

describe('leaves alone, and says so,', () => {
  const net = () => sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] });
  const x = () => wavy([3, 2]);

  test('kernels drawn from a point', () => {
    const user = net();
    const bnn = new VariationalBNN({
      net: user,
      prior: priors.iid(dist.normal(0, 1)),
      likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
      guide: autoguides.AutoDelta,
    });
    const mean = local().run(() => bnn.predict(x(), { numSamples: 1 }).mean);
    expect(values(mean)).toEqual(values(user.predict(x()) as Tensor));
    expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/had no effect: the kernel of dense1 is drawn from delta/));
  });

  test('kernels that are observed or given, by handlers inside or outside', () => {
    const user = sequential({ layers: [layers.dense({ units: 2, inputShape: [2], useBias: false })] });
    const bayesian = new BayesianNet(user, priors.iid(dist.normal(0, 1)));
    const kernel = tf.tensor2d([[1, 2], [3, 4]]);
    const data = { 'dense1.kernel': kernel };
    const trace = effects.trace(() => effects.substitute(() => sample('dense1.kernel', dist.normal(0, 1).expand([2, 2]).toEvent(2)), { data })()).getTrace();
    const arrays = { 'dense1.kernel': [[1, 2], [3, 4]] };
    const given = [effects.condition({ data }), effects.condition({ data: arrays }), effects.substitute({ data }), effects.replay({ trace })];
    const run = () => bayesian.forward(x(), { training: false });
    const expected = values(tf.matMul(x() as tf.Tensor2D, kernel));
    for (const handler of given) {
      expect(values(local().run(() => handler.run(run)))).toEqual(expected);
      expect(values(handler.run(() => local().run(run)))).toEqual(expected);
    }
    expect(warnings()).toHaveBeenCalledTimes(2 * given.length);
    expect(values(local().run(run))).not.toEqual(expected);
  });

  test('kernels that are parameters', () => {
    const bnn = posterior(net(), 0.3, ['kernel']);
    local().run(() => outputs(bnn, x(), 1));
    expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/the kernel of dense1 is fixed or observed/));
  });

  test('operations that are not chosen', () => {
    const bnn = posterior(net());
    const rows = values(seeded(10, () => local({ operations: ['conv2d'] }).run(() => outputs(bnn, tf.ones([4, 2]), 1))));
    expect(new Set(rows).size).toBe(2);
    expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/no operation conv2d ran inside/));
  });
});

describe('as a handler', () => {
  const net = () => sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] });

  test('is a function of the seed, leaves no tensors, and has both forms', () => {
    const bnn = posterior(net());
    const x = wavy([3, 2]);
    const draw = () => expectNoLeak(() => {
      const drawn = seeded(11, () => local().run(() => outputs(bnn, x, 3)));
      const numbers = values(drawn);
      drawn.dispose();
      return numbers;
    });
    expect(draw()).toEqual(draw());
    expect(values(seeded(11, local((rows: Tensor) => outputs(bnn, rows, 3)).bind(null, x)))).toEqual(draw());
    // A seed inside rules as one outside does.
    expect(values(local().run(() => seeded(11, () => outputs(bnn, x, 3))))).toEqual(draw());
  });

  test('refuses to act on one operation twice; on different ones two compose', () => {
    const bnn = posterior(net());
    const x = wavy([3, 2]);
    expect(() => local().run(() => local().run(() => outputs(bnn, x, 1)))).toThrow(/"dense1": is reparameterised already/);
    expect(() => local({ operations: ['conv1d'] }).run(() => local({ operations: ['dense'] }).run(() => outputs(bnn, x, 1)))).not.toThrow();
  });

  test('checks its options', () => {
    expect(() => local({ operations: ['lstm'] as never })).toThrow(/operations must be some of dense, conv1d, conv2d, conv3d, .*; got "lstm"/);
    expect(() => local({ operations: [] })).toThrow(/got none/);
    expect(() => local({ ops: ['dense'] } as never)).toThrow(/unknown option "ops"/);
  });
});
