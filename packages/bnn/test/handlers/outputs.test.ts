/** @file What local reparameterisation and flipout have in common: moments, ELBO, compiled steps, and whom they refuse. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { input, layers, model as functional, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Handler, dist, guides as autoguides, infer, optim, ready, sample } from '@tychejs/ppl';
import type { Message } from '@tychejs/ppl';
import fc from 'fast-check';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { VariationalBNN, guides, handlers, likelihoods, priors } from '../../src/index.ts';
import { lift } from '../../src/lift/lift.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { ownValues, scramble, single, wavy } from '../helpers/nets.ts';
import { quietWarnings } from '../helpers/warnings.ts';
import { KINDS, inputFor } from './kinds.ts';
import { expectMoments, moments, outputs, posterior, seeded, values } from './posterior.ts';

jest.setTimeout(60_000);

const warnings = quietWarnings();

beforeAll(() => ready({ backend: 'cpu' }));

const BOTH = [['localReparameterization', handlers.localReparameterization], ['flipout', handlers.flipout]] as const;
type Forms = (typeof BOTH)[number][1];

test.each([
  ...KINDS,
  ['separableConv2d, dilated', () => sequential({ layers: [layers.separableConv2d({ filters: 2, kernelSize: 2, dilationRate: [2, 2], inputShape: [4, 4, 2] })] }), [4, 4, 2]],
  ['conv2dTranspose, with an activation', () => sequential({ layers: [layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 3, activation: 'tanh', inputShape: [2, 2, 2] })] }), [2, 2, 2]],
] satisfies typeof KINDS)('%s: is what tfjs computes, to the last bit, and an operation', (name, make, shape) => {
  const net = make();
  scramble(net);
  const lifted = lift(net);
  const seen: string[] = [];
  class Witness extends Handler {
    override process(message: Message): void {
      if (message.type === 'operation') seen.push(message.operation);
    }
  }
  tf.tidy(() => {
    const x = inputFor(name, [2, ...shape]);
    const output = single(new Witness().run(() => lifted.forward(x, ownValues(lifted), { training: false })));
    expect(output.shape).toEqual((net.predict(x) as Tensor).shape);
    expect(values(output)).toEqual(values(net.predict(x) as Tensor));
  });
  expect(seen.length).toBe(name.startsWith('separable') ? 2 : 1);
  expect(name.startsWith(seen[0]!)).toBe(true);
});

const separable = () => sequential({ layers: [layers.separableConv2d({ filters: 3, kernelSize: 2, depthMultiplier: 2, padding: 'same', inputShape: [3, 3, 2] })] });

/** The net's output at `x` for each weight being one and the others zero, by tfjs itself: `[weights][outputs]`. */
function slopes(net: LayersModel, x: Tensor): number[][] {
  const own = net.getWeights().map((weight) => tf.clone(weight));
  const zero = own.map((weight) => tf.zerosLike(weight));
  const each = own.flatMap((weight, i) =>
    Array.from({ length: weight.size }, (_, k) => {
      const one = tf.tensor(Float32Array.from({ length: weight.size }, (__, at) => (at === k ? 1 : 0)), weight.shape);
      net.setWeights(zero.map((other, j) => (j === i ? one : other)));
      return values(net.predict(x) as Tensor);
    }),
  );
  net.setWeights(own);
  return each;
}

describe.each(BOTH)('%s: a row has the moments that sampling weights gives', (_name, handler: Forms) => {
  test.each(KINDS)('%s', (kind, make, shape) => {
    const net = make();
    const bnn = posterior(net);
    const x = inputFor(kind, [1, ...shape]);
    const count = 1000;
    const drawn = tf.squeeze(seeded(6, () => handler().run(() => outputs(bnn, x, count))), [1]);
    // Outputs are linear in weights of deviation 0.3.
    const columns = slopes(net, x);
    const covariance = (i: number, j: number) => 0.09 * columns.reduce((sum, column) => sum + column[i]! * column[j]!, 0);
    const means = values(net.predict(x) as Tensor);
    expectMoments(moments(drawn), means, means.map((__, i) => covariance(i, i)));
    expect(warnings()).not.toHaveBeenCalled();
    if (handler !== handlers.flipout) return;
    // And all outputs of a row together.
    const centred = tf.sub(drawn, tf.mean(drawn, 0));
    const found = tf.div(tf.matMul(tf.reshape(centred, [count, -1]), tf.reshape(centred, [count, -1]), true), count).arraySync() as number[][];
    found.forEach((row, i) =>
      row.forEach((value, j) => {
        const error = Math.sqrt((covariance(i, i) * covariance(j, j) + covariance(i, j) ** 2) / count);
        expect(Math.abs(value - covariance(i, j))).toBeLessThan(4.8 * error + 1e-6);
      }),
    );
  });

  test('dense layers of all sizes, with and without biases', () => {
    const sizes = fc.record({ inputs: fc.integer({ min: 1, max: 4 }), units: fc.integer({ min: 1, max: 3 }), steps: fc.integer({ min: 0, max: 2 }), useBias: fc.boolean(), seed: fc.nat(999) });
    fc.assert(
      fc.property(sizes, ({ inputs, units, steps, useBias, seed }) => {
        const shape = steps === 0 ? [inputs] : [steps, inputs];
        const net = sequential({ layers: [layers.dense({ units, useBias, inputShape: shape })] });
        const bnn = posterior(net);
        expectNoLeak(() =>
          tf.tidy(() => {
            const x = wavy([1, ...shape], seed);
            const columns = slopes(net, x);
            const means = values(net.predict(x) as Tensor);
            const variances = means.map((_, i) => 0.09 * columns.reduce((sum, column) => sum + column[i]! ** 2, 0));
            const drawn = moments(seeded(seed, () => handler().run(() => outputs(bnn, x, 500))));
            // Some ten numbers a run: 5 standard errors, as a variance's distribution leans to the right.
            means.forEach((mean, i) => {
              expect(Math.abs(drawn.means[i]! - mean)).toBeLessThan(5 * Math.sqrt(variances[i]! / 500));
              expect(Math.abs(drawn.variances[i]! / variances[i]! - 1)).toBeLessThan(5 * Math.sqrt(2 / 500));
            });
          }),
        );
        bnn.dispose();
        net.dispose();
      }),
      { numRuns: 10, seed: 44 },
    );
  });

  test('separableConv2d: with the variance of a sum of products, written out', () => {
    const net = separable();
    const bnn = posterior(net, 0.2);
    const x = wavy([1, 3, 3, 2]);
    const count = 2000;
    const drawn = moments(tf.squeeze(seeded(6, () => handler().run(() => outputs(bnn, x, count))), [1]));
    const [within, across] = net.getWeights() as [tf.Tensor4D, tf.Tensor4D];
    const square = 0.04;
    const [means, variances] = tf.tidy(() => {
      const mean = tf.depthwiseConv2d(x as tf.Tensor4D, within, 1, 'same');
      const variance = tf.mul(square, tf.depthwiseConv2d(tf.square(x) as tf.Tensor4D, tf.onesLike(within), 1, 'same'));
      // Var(sum of P z) = sum of Var(P) (E[z]² + Var(z)) + E[P]² Var(z), over channels z that are independent; and the bias.
      const second = tf.add(tf.square(mean), variance) as tf.Tensor4D;
      const spread = tf.add(tf.mul(square, tf.conv2d(second, tf.onesLike(across), 1, 'valid')), tf.conv2d(variance as tf.Tensor4D, tf.square(across), 1, 'valid'));
      return [values(net.predict(x) as Tensor), values(tf.add(spread, square))];
    }) as unknown as [number[], number[]];
    const perDraw = 1 / count;
    means.forEach((mean, i) => {
      expect(Math.abs(drawn.means[i]! - mean)).toBeLessThan(4.5 * Math.sqrt(variances[i]! * perDraw));
      // Products of normals have tails: their kurtosis is below 9, as that of a product of two standard ones.
      expect(Math.abs(drawn.variances[i]! - variances[i]!)).toBeLessThan(4.5 * variances[i]! * Math.sqrt(8 * perDraw));
    });
  });
});

/** Estimates without a handler; the same for both. */
let plain: { loss: number; gradient: number[] }[] | null = null;

describe.each(BOTH)('%s: the ELBO', (_name, handler: Forms) => {
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
    const count = 120;
    plain ??= estimates(count, (body) => body(), 8);
    const noisy = estimates(count, (body) => handler().run(body), 9);
    const [a, b] = [plain, noisy].map((runs) => spread(runs.map(({ loss }) => loss))) as [ReturnType<typeof spread>, ReturnType<typeof spread>];
    expect(Math.abs(a.mean - b.mean)).toBeLessThan(4.5 * Math.sqrt((a.variance + b.variance) / count));
    const coordinates = plain[0]!.gradient.map((_, i) => i);
    let total = [0, 0];
    for (const i of coordinates) {
      const [p, r] = [plain, noisy].map((runs) => spread(runs.map(({ gradient }) => gradient[i]!))) as [typeof a, typeof a];
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
    handler().run(() => {
      const { loss, gradients } = new infer.TraceMeanFieldELBO().lossAndGradients(model, guide as () => unknown, []);
      expect([loss, ...gradients.map(({ gradient }) => gradient)].flatMap(values).every(Number.isFinite)).toBe(true);
    });
  });
});

describe.each(BOTH)('%s: compiled steps', (_name, handler: Forms) => {
  /** Convolutions of all kinds with batch normalisation, and channels that a ReLU switches off. */
  function convolutional(): LayersModel {
    const x = input({ shape: [4, 4, 2] });
    const relu = (each: SymbolicTensor) => layers.reLU().apply(layers.batchNormalization({ momentum: 0.8 }).apply(each)) as SymbolicTensor;
    const steps = [
      layers.conv2d({ filters: 3, kernelSize: 2, useBias: false }),
      layers.depthwiseConv2d({ kernelSize: 2, padding: 'same' }),
      layers.separableConv2d({ filters: 2, kernelSize: 2, padding: 'same' }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2 }),
    ];
    const features = steps.reduce<SymbolicTensor>((each, layer) => relu(layer.apply(each) as SymbolicTensor), x);
    const net = functional({ inputs: x, outputs: layers.dense({ units: 2 }).apply(layers.flatten().apply(features)) as SymbolicTensor });
    scramble(net);
    return net;
  }

  const make = (net: LayersModel) =>
    new VariationalBNN({
      net,
      prior: priors.iid(dist.normal(0, 1), { hideLayerTypes: ['BatchNormalization'] }),
      likelihood: likelihoods.categorical(),
      guide: guides.autoNormal({ initScale: 0.05 }),
    });

  async function train(engine: 'compiled' | 'eager', x: Tensor, epochs: number) {
    const bnn = make(convolutional());
    const data = { x, y: tf.tensor1d([0, 1, 1, 0, 1, 0], 'int32') };
    const { losses } = await seeded(1, () => handler().run(() => bnn.fit(data, { optim: optim.adam({ lr: 0.01 }), epochs, batchSize: 3, engine })));
    const predicted = values(seeded(2, () => handler().run(() => bnn.predict(x, { numSamples: 3 }))));
    const parameters = bnn.paramStore.names().flatMap((name) => values(bnn.paramStore.get(name)));
    bnn.dispose();
    return { losses, parameters, predicted };
  }

  test('do what eager ones do, through convolutions of all kinds with batch normalisation', async () => {
    const x = wavy([6, 4, 4, 2]);
    const [compiled, eager] = [await train('compiled', x, 4), await train('eager', x, 4)];
    // float32 in another order of summation, over eight steps of Adam.
    for (const key of ['losses', 'parameters', 'predicted'] as const) {
      expect(compiled[key]).toHaveLength(eager[key].length);
      compiled[key].forEach((value, i) => expect(Math.abs(value - eager[key][i]!)).toBeLessThan(5e-4 * Math.max(1, Math.abs(eager[key][i]!))));
    }
    expect(warnings()).not.toHaveBeenCalled();
  });

  test('never come to NaN, though whole images are zero or alike', async () => {
    const images = [tf.zeros([6, 4, 4, 2]), tf.ones([6, 4, 4, 2]), tf.concat([tf.zeros([5, 4, 4, 2]), wavy([1, 4, 4, 2])])];
    for (const x of images) {
      const { losses, parameters, predicted } = await train('compiled', x, 12);
      expect([...losses, ...parameters, ...predicted].every(Number.isFinite)).toBe(true);
    }
  });

  test('begin and end with the scope of the handler', async () => {
    const net = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
    const fresh = () => posterior(net, 0.5);
    const data = { x: wavy([5, 2]), y: wavy([5, 1], 20) };
    /** Losses of three trainings of one network, some in the scope of a handler of their own. */
    async function losses(inside: readonly boolean[]): Promise<number[]> {
      const bnn = fresh();
      const options = { optim: optim.adam({ lr: 1e-9 }), epochs: 2, engine: 'compiled' } as const;
      const result: number[] = [];
      for (const within of inside) {
        const fit = () => seeded(3, () => bnn.fit(data, options));
        result.push((await (within ? handler().run(fit) : fit())).losses.at(-1)!);
      }
      bnn.dispose();
      return result;
    }
    const [plain, within] = [(await losses([false]))[0]!, (await losses([true]))[0]!];
    expect(Math.abs(plain - within)).toBeGreaterThan(1e-3);
    const mixed = await losses([false, true, false, true, true]);
    [plain, within, plain, within, within].forEach((expected, i) => expect(mixed[i]!).toBeCloseTo(expected, 4));
    expect(warnings()).not.toHaveBeenCalled();
  });
});

test('a handler refuses what the other has done; on different operations they compose', () => {
  const bnn = posterior(sequential({ layers: [layers.conv1d({ filters: 2, kernelSize: 2, inputShape: [3, 2] }), layers.flatten(), layers.dense({ units: 1 })] }));
  const x = wavy([3, 3, 2]);
  const [local, flipout] = [handlers.localReparameterization, handlers.flipout];
  for (const [outer, inner] of [[local, flipout], [flipout, local], [flipout, flipout]] as const) {
    expect(() => outer().run(() => inner().run(() => outputs(bnn, x, 1)))).toThrow(/"conv1d1": is reparameterised already/);
    expectNoLeak(() => {
      const drawn = outer({ operations: ['conv1d'] }).run(() => inner({ operations: ['dense'] }).run(() => outputs(bnn, x, 1)));
      drawn.dispose();
    });
  }
  expect(warnings()).not.toHaveBeenCalled();
});
