import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { input, layers, model as functional, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { dist, effectful, guides as autoguides, handlers as effects, randomStream, ready, sample } from '@tychejs/ppl';
import fc from 'fast-check';
import { BayesianNet } from '../../src/bayesianNet.ts';
import { VariationalBNN, handlers, likelihoods, priors } from '../../src/index.ts';
import type { LinearArgs, LinearFunction } from '../../src/index.ts';
import { expectNoLeak } from '../helpers/leak.ts';
import { wavy } from '../helpers/nets.ts';
import { quietWarnings } from '../helpers/warnings.ts';
import { MEAN, outputs, pass, posterior, seeded, signsOf, values } from './posterior.ts';

jest.setTimeout(60_000);

const warnings = quietWarnings();

beforeAll(() => ready({ backend: 'cpu' }));

const { flipout } = handlers;

describe('of one draw of a dense layer’s weights', () => {
  test('each row turns the signs of deviations by input and by output, every way equally often', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 }), fc.constantFrom('drawn', 'fixed', 'none'), fc.integer({ min: 0, max: 999 }), (inputs, units, bias, seed) => {
        const net = sequential({ layers: [layers.dense({ units, inputShape: [inputs], useBias: bias !== 'none', biasInitializer: 'ones' })] });
        const row = Array.from({ length: inputs }, (_, i) => 0.5 + 0.37 * i);
        const count = 800;
        const drawn = pass(net, tf.tile(tf.tensor2d([row]), [count, 1]), seed, bias === 'fixed' ? { hideParameters: ['bias'] } : {});
        const output = drawn.output.arraySync() as number[][];
        const kernel = drawn.weights.get('dense1.kernel')!.arraySync() as number[][];
        const shift = bias === 'drawn' ? (drawn.weights.get('dense1.bias')!.arraySync() as number[]) : null;
        const offset = { drawn: MEAN, fixed: 1, none: 0 }[bias]!;
        // What each choice of signs gives, by hand.
        const outcomes = signsOf(inputs).flatMap((s) =>
          signsOf(units).map((r) =>
            r.map((sign, j) => {
              const mean = row.reduce((sum, x) => sum + x * MEAN, offset);
              const deviation = row.reduce((sum, x, i) => sum + x * s[i]! * (kernel[i]![j]! - MEAN), shift === null ? 0 : shift[j]! - MEAN);
              return mean + sign * deviation;
            }),
          ),
        );
        const near = (a: readonly number[], b: readonly number[]) => a.every((value, j) => Math.abs(value - b[j]!) < 2e-5);
        // Outcomes may coincide, as when there is one input and no bias: then they are met that much more often.
        for (const outcome of outcomes) {
          const share = outcomes.filter((other) => near(outcome, other)).length / outcomes.length;
          const met = output.filter((each) => near(each, outcome)).length;
          expect(Math.abs(met - count * share)).toBeLessThan(4.5 * Math.sqrt(count * share * (1 - share)) + 1e-9);
        }
        expect(output.every((each) => outcomes.some((outcome) => near(each, outcome)))).toBe(true);
        net.dispose();
      }),
      { numRuns: 12, seed: 45 },
    );
    expect(warnings()).not.toHaveBeenCalled();
  });

  test('rows are uncorrelated over many draws, where sampling weights makes them the same', () => {
    const bnn = posterior(sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] }));
    const [first, second] = tf.tidy(() => {
      const pairs = seeded(3, () => flipout().run(() => outputs(bnn, tf.ones([2, 2]), 1000)));
      const centred = tf.sub(pairs, tf.mean(pairs, 0));
      return tf.unstack(tf.squeeze(centred, [2]), 1).map(values) as never;
    }) as unknown as [number[], number[]];
    const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    // Squares of the two are related, so that their product has at most three times the variance it has for independent ones.
    expect(Math.abs(dot(first, second)) / Math.sqrt(dot(first, first) * dot(second, second))).toBeLessThan(4.5 * Math.sqrt(3 / 1000));
  });
});

describe('within a row', () => {
  test('all places of a convolution, and all steps in time, have one draw of the weights', () => {
    const nets: [LayersModel, number[]][] = [
      [sequential({ layers: [layers.conv1d({ filters: 2, kernelSize: 2, inputShape: [4, 3] })] }), [4, 3]],
      [sequential({ layers: [layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [3, 3, 2] })] }), [3, 3, 2]],
      [sequential({ layers: [layers.dense({ units: 2, inputShape: [5, 3] })] }), [5, 3]],
    ];
    for (const [net, shape] of nets) {
      const bnn = posterior(net);
      // An image that is the same all over gives the same all over, in each row something else.
      const drawn = seeded(4, () => flipout().run(() => outputs(bnn, tf.ones([3, ...shape]), 1)));
      const rows = tf.reshape(drawn, [3, -1, 2]).arraySync() as number[][][];
      for (const places of rows) for (const place of places) place.forEach((value, j) => expect(value).toBeCloseTo(places[0]![j]!, 5));
      expect(Math.abs(rows[0]![0]![0]! - rows[1]![0]![0]!) + Math.abs(rows[0]![0]![0]! - rows[2]![0]![0]!)).toBeGreaterThan(1e-3);
    }
  });

  test('a layer that is used twice has the same weights twice, also in compiled draws', () => {
    const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
    const shared = layers.dense({ units: 2, useBias: false });
    const sum = layers.add().apply([shared.apply(a), shared.apply(b)] as SymbolicTensor[]) as SymbolicTensor;
    const bnn = posterior(functional({ inputs: [a, b], outputs: sum }));
    const x = wavy([6, 3]);
    const draw = (other: Tensor, engine: 'eager' | 'compiled') =>
      tf.tidy(() => values(seeded(5, () => flipout().run(() => bnn.predict([x, other], { numSamples: 9, aggregate: false, engine }).mean))));
    for (const engine of ['eager', 'compiled'] as const) {
      // x W + (-x) W is zero only for one and the same W.
      expect(Math.max(...draw(tf.neg(x), engine).map(Math.abs))).toBeLessThan(1e-5);
      expect(Math.max(...draw(x, engine).map(Math.abs))).toBeGreaterThan(0.5);
    }
  });
});

test.each([[[2]], [[5, 2]], [[5, 4, 2]]])('takes rows of shape %j', (shape) => {
  const rows = shape.slice(0, -1);
  const linear: LinearFunction = (x, w) => tf.reshape(tf.matMul(tf.reshape(x, [-1, 2]), w as tf.Tensor2D), [...rows, 3]);
  const x = wavy(shape);
  const draw = (seed: number) =>
    seeded(seed, () =>
      flipout().run(() => {
        const kernel = sample('w', dist.normal(0, 1).expand([2, 3]).toEvent(2));
        const args: LinearArgs = { input: x, kernel, bias: null, linear, channelAxes: { input: -1, output: -1 }, stream: () => randomStream('noise') };
        return { flipped: effectful('dense', 'by hand', { ...args }, () => linear(x, kernel, null)), plain: linear(x, kernel, null) };
      }),
    );
  const { flipped, plain } = draw(1);
  expect(flipped.shape).toEqual([...rows, 3]);
  expect(values(flipped)).not.toEqual(values(plain));
  // Each output is normal with the input's sum of squares as its variance.
  const squares = Array.from({ length: 200 }, (_, seed) => tf.tidy(() => values(tf.square(draw(seed).flipped))));
  const inputs = values(tf.sum(tf.square(x), -1));
  inputs.forEach((expected, row) => {
    const mean = squares.reduce((sum, each) => sum + each[3 * row]!, 0) / squares.length;
    expect(Math.abs(mean / expected - 1)).toBeLessThan(4.5 * Math.sqrt(2 / squares.length));
  });
});

test('has no effect on points, and says so', () => {
  const user = sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] });
  const bnn = new VariationalBNN({
    net: user,
    prior: priors.iid(dist.normal(0, 1)),
    likelihood: likelihoods.homoskedasticGaussian({ scale: 1 }),
    guide: autoguides.AutoDelta,
  });
  const x = wavy([3, 2]);
  expect(values(flipout().run(() => bnn.predict(x, { numSamples: 1 }).mean))).toEqual(values(user.predict(x) as Tensor));
  expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/handlers.flipout: had no effect: the kernel of dense1 is drawn from delta/));
});

test('has no effect on kernels that are given, or on operations that are not chosen', () => {
  const user = sequential({ layers: [layers.dense({ units: 2, inputShape: [2], useBias: false })] });
  const bayesian = new BayesianNet(user, priors.iid(dist.normal(0, 1)));
  const kernel = tf.tensor2d([[1, 2], [3, 4]]);
  const x = wavy([3, 2]);
  const run = () => bayesian.forward(x, { training: false });
  const condition = effects.condition({ data: { 'dense1.kernel': kernel } });
  const expected = values(tf.matMul(x as tf.Tensor2D, kernel));
  expect(values(flipout().run(() => condition.run(run)))).toEqual(expected);
  expect(values(condition.run(() => flipout().run(run)))).toEqual(expected);
  expect(values(seeded(1, () => flipout({ operations: ['conv2d'] }).run(run)))).toEqual(values(seeded(1, run)));
  expect(warnings()).toHaveBeenCalledTimes(3);
  expect(warnings()).toHaveBeenCalledWith(expect.stringMatching(/the kernel of dense1 is fixed or observed/));
});

test('is a function of the seed, leaves no tensors, and has both forms', () => {
  const bnn = posterior(sequential({ layers: [layers.dense({ units: 2, inputShape: [2] })] }));
  const x = wavy([3, 2]);
  const draw = () =>
    expectNoLeak(() => {
      const drawn = seeded(11, () => flipout().run(() => outputs(bnn, x, 3)));
      const numbers = values(drawn);
      drawn.dispose();
      return numbers;
    });
  expect(draw()).toEqual(draw());
  expect(values(seeded(11, flipout((rows: Tensor) => outputs(bnn, rows, 3)).bind(null, x)))).toEqual(draw());
  expect(values(flipout().run(() => seeded(11, () => outputs(bnn, x, 3))))).toEqual(draw());
});
