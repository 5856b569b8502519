/** @file A Bayesian network in a training loop of the user's own. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { dist, guides as autoguides, handlers as effects, infer, optim, ready } from '@tychejs/ppl';
import fc from 'fast-check';
import { DropInBNN, guides, handlers, priors } from '../src/index.ts';
import type { Net } from '../src/index.ts';
import { expectNoLeak } from './helpers/leak.ts';
import { exactPosterior, line, lineData } from './helpers/linearRegression.ts';
import { scramble, snapshot, wavy } from './helpers/nets.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

const seeded = <R>(seed: number, body: () => R): R => effects.seed({ seed }).run(body);
const standard = priors.iid(dist.normal(0, 1));
const number = (tensor: Tensor): number => tf.tidy(() => tensor.dataSync()[0]!);

function dense() {
  const net = sequential({ layers: [layers.dense({ units: 4, activation: 'tanh', inputShape: [2] }), layers.dense({ units: 1 })] });
  scramble(net);
  return net;
}

const make = (options: object = {}) => new DropInBNN({ net: dense(), prior: standard, guide: guides.autoNormal({ initScale: 0.2 }), ...options });

/** KL(Normal(m, s) ‖ Normal(0, 1)), summed over all weights. */
function divergence(bnn: DropInBNN<autoguides.AutoNormal<[]>>): number {
  let sum = 0;
  for (const name of bnn.siteNames) {
    const [locs, scales] = ['locs', 'scales'].map((kind) => [...bnn.paramStore.get(`guide.${kind}.${name}`).dataSync()]);
    locs!.forEach((m, i) => (sum += 0.5 * (m ** 2 + scales![i]! ** 2 - 1) - Math.log(scales![i]!)));
  }
  return sum;
}

describe('the divergence', () => {
  test('is that of the guide from the prior, in closed form', () => {
    const bnn = make();
    tf.tidy(() => {
      bnn.forward(wavy([3, 2]));
      expect(number(bnn.klLoss) / divergence(bnn)).toBeCloseTo(1, 5);
    });
    bnn.dispose();
  });

  test('without a closed form is that in the mean', () => {
    const bnn = make({ closedFormKl: false });
    const x = wavy([3, 2]);
    const draws = seeded(1, () => Array.from({ length: 400 }, () => tf.tidy(() => (bnn.forward(x), number(bnn.klLoss)))));
    const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
    const deviation = Math.sqrt(draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / (draws.length - 1));
    expect(deviation).toBeGreaterThan(0);
    expect(Math.abs(mean - divergence(bnn))).toBeLessThan(4.5 * deviation / Math.sqrt(draws.length));
    bnn.dispose();
  });

  test('from the posterior itself is zero (P50)', () => {
    const bnn = make();
    bnn.updatePrior(priors.dictionary(bnn.guide!.getDetachedDistributions()));
    tf.tidy(() => {
      bnn.forward(wavy([3, 2]));
      expect(number(bnn.klLoss)).toBeCloseTo(0, 5);
    });
    expect(() => bnn.updatePrior(dist.normal(0, 1) as never)).toThrow(/expected a prior/);
    bnn.dispose();
  });

  test('is nothing without a guide', () => {
    const bnn = make({ guide: null });
    tf.tidy(() => {
      const x = wavy([3, 2]);
      const expected = [...(dense().predict(x) as Tensor).dataSync()];
      [...bnn.forward(x).dataSync()].forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
      expect(number(bnn.klLoss)).toBe(0);
    });
    expect(bnn.parameters()).toHaveLength(4);
    bnn.dispose();
  });

  test('weighs in gradients as it does in the loss', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1000 }), fc.float({ min: 0, max: 2, noNaN: true }), (seed, weight) => {
        const bnn = make();
        const x = wavy([5, 2]);
        const gradients = (w: number): number[] =>
          tf.tidy(() => {
            const loss = (): Scalar => tf.add(tf.sum(tf.square(bnn.forward(x))), tf.mul(bnn.klLoss, w));
            const { grads } = seeded(seed, () => tf.variableGrads(loss, bnn.parameters(x)));
            return bnn.parameters().flatMap((variable) => [...grads[variable.name]!.dataSync()]) as never;
          }) as unknown as number[];
        const [none, full, some] = [gradients(0), gradients(1), gradients(weight)];
        some.forEach((value, i) => expect(Math.abs(value - (none[i]! + weight * (full[i]! - none[i]!)))).toBeLessThan(2e-4 * (1 + Math.abs(value))));
        expect(full.some((value, i) => Math.abs(value - none[i]!) > 0.01)).toBe(true);
        bnn.dispose();
      }),
      { numRuns: 5 },
    );
  });
});

describe('training by a loss of one\'s own', () => {
  const SIGMA = 0.5;
  const data = () => lineData(40, SIGMA);
  /** -log p(y | x, w) but for a constant. */
  const loss = (bnn: DropInBNN, x: Tensor, y: Tensor): Scalar => tf.mul(tf.sum(tf.squaredDifference(bnn.forward(x), y)), 0.5 / SIGMA ** 2);
  const linear = () => new DropInBNN({ net: line(3), prior: standard, guide: guides.autoNormal({ initLoc: 0 }) });

  function expectExact(bnn: DropInBNN<autoguides.AutoNormal<[]>>, { x, y }: { x: Tensor; y: Tensor }): void {
    const exact = exactPosterior({ x, y }, SIGMA);
    const [means, scales] = ['locs', 'scales'].map((kind) => [...bnn.paramStore.get(`guide.${kind}.dense1.kernel`).dataSync()]);
    means!.forEach((mean, i) => expect(Math.abs(mean - exact.mean[i]!)).toBeLessThan(2e-2));
    scales!.forEach((scale, i) => expect(Math.abs(scale * Math.sqrt(exact.precision[i]![i]!) - 1)).toBeLessThan(0.1));
  }

  test('with an optimiser of tfjs, the divergence coming in slowly', () => {
    const [bnn, { x, y }] = [linear(), data()];
    const step = (rate: number, annealing: number): void => {
      const optimizer = tf.train.adam(rate, 0.5, 0.9);
      for (let i = 0; i < 150; i++) {
        optimizer.minimize(() => tf.add(loss(bnn, x, y), tf.mul(bnn.klLoss, Math.min(1, annealing + i / 75))), false, bnn.parameters(x));
      }
      optimizer.dispose();
    };
    expectNoLeak(() =>
      seeded(6, () => {
        for (const rate of [0.1, 0.02, 0.004, 0.001]) step(rate, rate === 0.1 ? 0 : 1);
      }),
    );
    expectExact(bnn, { x, y });
    bnn.dispose();
  });

  test('in compiled steps of SVI: one program for all weights of the divergence', async () => {
    const [bnn, { x, y }] = [linear(), data()];
    const svi = new infer.SVI<[Tensor, Tensor, Scalar]>({
      model: (inputs, targets, weight) => tf.add(loss(bnn, inputs, targets), tf.mul(bnn.klLoss, weight)),
      guide: () => undefined,
      optim: optim.schedule(optim.adam({ lr: 0.05 }), { decaySteps: 1500 }),
      loss: (model, _, args) => model(...args) as Scalar,
      engine: 'compiled',
    });
    const weights = [0.5, 1].map((weight) => tf.scalar(weight));
    await seeded(7, async () => {
      for (let i = 0; i < 1500; i++) await svi.step(x, y, weights[i < 100 ? 0 : 1]!);
    });
    expectExact(bnn, { x, y });
    tf.tidy(() => {
      bnn.forward(x);
      expect(number(bnn.klLoss) / divergence(bnn)).toBeCloseTo(1, 4);
    });
    bnn.dispose();
  });
});

describe('a call', () => {
  test('draws other weights each time, from the stream in force, and leaves the net as it was', () => {
    const net = dense();
    const before = snapshot(net);
    const bnn = make({ net });
    const output = () => tf.tidy(() => [...bnn.forward(wavy([3, 2])).dataSync()]);
    expect(output()).not.toEqual(output());
    expect(seeded(3, output)).toEqual(seeded(3, output));
    expect(snapshot(net)).toEqual(before);
    bnn.dispose();
  });

  test('obeys handlers: local reparameterisation gives every row its own noise', () => {
    const bnn = make({ net: line(2) });
    const rows = () => tf.tidy(() => new Set(bnn.forward(tf.ones([6, 2])).dataSync()).size);
    expect(rows()).toBe(1);
    expect(handlers.localReparameterization().run(rows)).toBe(6);
    bnn.dispose();
  });

  test('drops in training only', () => {
    const net = sequential({ layers: [layers.dropout({ rate: 0.5, inputShape: [8] }), layers.dense({ units: 1 })] });
    const bnn = make({ net, guide: null });
    const outputs = (training: boolean) => new Set(Array.from({ length: 6 }, () => tf.tidy(() => number(bnn.forward(tf.ones([1, 8]), { training }))))).size;
    expect(outputs(false)).toBe(1);
    expect(outputs(true)).toBeGreaterThan(1);
    bnn.dispose();
  });

  test('gives all outputs of the net, as tensors of the caller\'s', () => {
    const net: Net = { parameters: { w: tf.variable(tf.scalar(2)) }, forward: (x, { w }) => [x as Tensor, tf.mul(x as Tensor, w!)] };
    const bnn = make({ net, guide: null });
    const x = tf.tensor1d([1, 2]);
    const [same, twice] = bnn.outputs(x) as [Tensor, Tensor];
    expect([...twice.dataSync()]).toEqual([2, 4]);
    tf.dispose([same, twice]);
    expect(x.isDisposed).toBe(false);
    expectNoLeak(() => expect(() => bnn.forward(x)).toThrow(/gives 2 outputs; call outputs\(x\)/));
    bnn.dispose();
  });

  test('keeps one number outside of tf.tidy, none inside', () => {
    const bnn = make();
    const x = wavy([3, 2]);
    expectNoLeak(() => tf.tidy(() => void bnn.forward(x)));
    expectNoLeak(() => tf.dispose(bnn.forward(x)), 1);
    expectNoLeak(() => {
      tf.dispose(bnn.forward(x));
      bnn.klLoss.dispose();
    });
    expectNoLeak(() => tf.dispose(bnn.forward(x)));
    bnn.dispose();
    expect(() => bnn.klLoss).toThrow(/none yet/);
  });
});

describe('refuses, saying what to do', () => {
  test.each<[string, () => unknown, RegExp]>([
    ['no options', () => new DropInBNN(undefined as never), /needs options \{ net, prior, guide \}/],
    ['a misspelt option', () => make({ closedFormKL: true }), /unknown option "closedFormKL"\. Did you mean "closedFormKl"/],
    ['a distribution for a prior', () => make({ prior: dist.normal(0, 1) }), /prior must be one of priors\.\*/],
    ['no guide', () => make({ guide: undefined }), /needs a guide.*for none, null/],
    ['a number for closedFormKl', () => make({ closedFormKl: 1 }), /closedFormKl must be true or false/],
    ['a divergence before the first call', () => make().klLoss, /klLoss is that of a call of forward\(x\), and there was none yet/],
    ['an unknown option of forward', () => make().forward(wavy([3, 2]), { train: true } as never), /unknown option "train"/],
    ['input of another shape', () => make().forward(wavy([3, 5])), /axis -1/],
  ])('%s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });

  test('a divergence read after the tidy around its call', () => {
    const bnn = make();
    tf.tidy(() => {
      bnn.forward(wavy([3, 2]));
    });
    expect(() => bnn.klLoss).toThrow(/gone with the tf\.tidy .* read it inside of that/);
    bnn.dispose();
  });
});
