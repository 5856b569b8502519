import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, infer, ready, sample } from '@tychejs/ppl';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { VariationalBNN, guides, handlers, likelihoods, priors } from '../../src/index.ts';
import type { NetInput } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { scramble, wavy } from '../helpers/nets.ts';

let warnings: jest.SpyInstance;

beforeAll(async () => {
  await ready({ backend: 'cpu' });
});

beforeEach(() => {
  warnings = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
});

afterEach(() => warnings.mockRestore());

const values = (tensor: Tensor) => [...tensor.dataSync()];
const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const local = handlers.localReparameterization;

/** A network around `net`, with posterior Normal(weight, scale) for each weight, where weights are the net's own. */
function posterior(net: LayersModel, scale = 0.3, hide: readonly string[] = []) {
  scramble(net);
  return new VariationalBNN({
    net,
    // Wide, so that it shows if outputs were drawn from it instead.
    prior: priors.iid(dist.normal(0, 50), hide.length === 0 ? {} : { hideParameters: hide }),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 1, eventDim: 0 }),
    guide: guides.autoNormal({ initScale: scale }),
  });
}

/** Outputs of `numSamples` draws: `[numSamples, ...]`. */
function outputs(bnn: ReturnType<typeof posterior>, x: NetInput, numSamples: number): Tensor {
  return tf.tidy(() => bnn.predict(x, { numSamples, aggregate: false }).mean);
}

/** Mean and variance of each entry over the first dimension. */
function moments(draws: Tensor): { means: number[]; variances: number[]; count: number } {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(draws, 0);
    return { means: values(mean), variances: values(variance), count: draws.shape[0]! };
  });
}

/** Compares with 4.5 standard errors; that of a normal's variance is variance * sqrt(2 / count). */
function expectMoments(found: ReturnType<typeof moments>, means: readonly number[], variances: readonly number[], otherCount = Infinity): void {
  const perDraw = 1 / found.count + 1 / otherCount;
  means.forEach((mean, i) => {
    expect(Math.abs(found.means[i]! - mean)).toBeLessThan(4.5 * Math.sqrt(variances[i]! * perDraw) + 1e-6);
    expect(Math.abs(found.variances[i]! - variances[i]!)).toBeLessThan(4.5 * variances[i]! * Math.sqrt(2 * perDraw) + 1e-6);
  });
}

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
    expect(warnings).not.toHaveBeenCalled();
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

describe('convolutions have the moments that sampling weights gives', () => {
  const cases: [string, () => LayersModel, number[]][] = [
    ['conv1d', () => sequential({ layers: [layers.conv1d({ filters: 2, kernelSize: 2, strides: 2, padding: 'same', inputShape: [5, 2] })] }), [5, 2]],
    ['conv2d', () => sequential({ layers: [layers.conv2d({ filters: 2, kernelSize: 2, dilationRate: 2, inputShape: [4, 4, 2] })] }), [4, 4, 2]],
    ['conv2d, channels first', () => sequential({ layers: [layers.conv2d({ filters: 2, kernelSize: 2, dataFormat: 'channelsFirst', useBias: false, inputShape: [2, 3, 3] })] }), [2, 3, 3]],
    ['conv3d', () => sequential({ layers: [layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 2, 2, 2] })] }), [3, 2, 2, 2]],
  ];

  test.each(cases)('%s', (_, make, shape) => {
    const bnn = posterior(make());
    const x = wavy([1, ...shape]);
    const count = 400;
    const drawn = seeded(6, () => local().run(() => outputs(bnn, tf.tile(x, [count, ...shape.map(() => 1)]), 1)));
    const sampled = moments(tf.squeeze(seeded(7, () => outputs(bnn, x, count)), [1]));
    expectMoments(moments(tf.squeeze(drawn, [0])), sampled.means, sampled.variances, count);
  });
});

describe('the ELBO', () => {
  const net = () => sequential({ layers: [layers.dense({ units: 4, inputShape: [2], activation: 'tanh' }), layers.dense({ units: 1 })] });

  /** Model and guide of a net that uses each weight once a row: then each row has the same distribution either way. */
  function problem() {
    const user = net();
    scramble(user);
    const bayesian = new BayesianNet(user, priors.iid(dist.normal(0, 1)));
    const likelihood = likelihoods.homoskedasticGaussian({ scale: 0.5 });
    const x = wavy([8, 2]);
    const y = wavy([8, 1], 40);
    const model = () => void likelihood.observe(likelihood.predictionsFrom(bayesian.forward(x, { training: true }), {}), y);
    const guide = new autoguides.AutoNormal(() => bayesian.sampleWeights(), { initLoc: guides.fromPretrained(user), initScale: 0.2 });
    return { model, guide: guide as () => unknown };
  }

  /** The losses and gradients of many estimates. */
  function estimates(count: number, wrap: <R>(body: () => R) => R, seed: number) {
    const { model, guide } = problem();
    const elbo = new infer.TraceMeanFieldELBO();
    return seeded(seed, () =>
      wrap(() =>
        Array.from({ length: count }, () => {
          const { loss, gradients } = elbo.lossAndGradients(model, guide, []);
          const result = { loss: loss.dataSync()[0]!, gradient: gradients.flatMap(({ name, gradient }) => (name.startsWith('AutoNormal') ? values(gradient) : [])) };
          tf.dispose([loss, gradients.map(({ gradient }) => gradient)]);
          return result;
        }),
      ),
    );
  }

  const spread = (numbers: readonly number[]) => {
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length;
    return { mean, variance: numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (numbers.length - 1) };
  };

  test('has the same expectation, and gradients with the same expectation but less variance', () => {
    const count = 200;
    const plain = estimates(count, (body) => body(), 8);
    const reparameterised = estimates(count, (body) => local().run(body), 9);
    const [a, b] = [plain, reparameterised].map((runs) => spread(runs.map(({ loss }) => loss))) as [ReturnType<typeof spread>, ReturnType<typeof spread>];
    expect(Math.abs(a.mean - b.mean)).toBeLessThan(4.5 * Math.sqrt((a.variance + b.variance) / count));
    const coordinates = plain[0]!.gradient.map((_, i) => i);
    let total = [0, 0];
    for (const i of coordinates) {
      const [p, r] = [plain, reparameterised].map((runs) => spread(runs.map(({ gradient }) => gradient[i]!))) as [typeof a, typeof a];
      expect(Math.abs(p.mean - r.mean)).toBeLessThan(4.5 * Math.sqrt((p.variance + r.variance) / count));
      total = [total[0]! + p.variance, total[1]! + r.variance];
    }
    // Means and deviations of 12 and 5 weights.
    expect(coordinates.length).toBe(34);
    // Eight rows share their noise in one case and not in the other.
    expect(total[1]!).toBeLessThan(0.7 * total[0]!);
  });

  test('has finite gradients where an output has no variance', () => {
    const user = sequential({ layers: [layers.dense({ units: 2, inputShape: [2], useBias: false })] });
    const bayesian = new BayesianNet(user, priors.iid(dist.normal(0, 1)));
    const guide = new autoguides.AutoNormal(() => bayesian.sampleWeights(), { prefix: 'flat' });
    const model = () => void sample('y', dist.normal(bayesian.forward(tf.tensor2d([[0, 0], [1e-12, 0]]), { training: true }), 1).toEvent(), { obs: tf.ones([2, 2]) });
    local().run(() => {
      const { loss, gradients } = new infer.TraceMeanFieldELBO().lossAndGradients(model, guide as () => unknown, []);
      expect([loss, ...gradients.map(({ gradient }) => gradient)].flatMap(values).every(Number.isFinite)).toBe(true);
    });
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
    expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/had no effect: the kernel of dense1 is drawn from delta/));
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
    expect(warnings).toHaveBeenCalledTimes(2 * given.length);
    expect(values(local().run(run))).not.toEqual(expected);
  });

  test('kernels that are parameters', () => {
    const bnn = posterior(net(), 0.3, ['kernel']);
    local().run(() => outputs(bnn, x(), 1));
    expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/the kernel of dense1 is fixed or observed/));
  });

  test('operations that are not chosen', () => {
    const bnn = posterior(net());
    const rows = values(seeded(10, () => local({ operations: ['conv2d'] }).run(() => outputs(bnn, tf.ones([4, 2]), 1))));
    expect(new Set(rows).size).toBe(2);
    expect(warnings).toHaveBeenCalledWith(expect.stringMatching(/no operation conv2d ran inside/));
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
    expect(() => local({ operations: ['lstm'] as never })).toThrow(/operations must be some of dense, conv1d, conv2d, conv3d; got "lstm"/);
    expect(() => local({ operations: [] })).toThrow(/got none/);
    expect(() => local({ ops: ['dense'] } as never)).toThrow(/unknown option "ops"/);
  });
});
