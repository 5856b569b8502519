/**
 * @file Posteriors that are known in closed form, found by SVI. Each problem is posed in many independent copies, along a
 * plate, and the fits are averaged: so few steps do, and little of the noise of their gradients is left.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { constraints, dist, getParamStore, guides, infer, optim, param, plate, ready, sample, setSeed, transforms } from '@tychejs/ppl';
import { initToFeasible } from '../../../src/infer/initialisation/index.ts';
import { exactPosterior, paramValue } from './helpers.ts';

// Machines under load take several times as long as alone.
jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(11);
});

const COPIES = 100;

/** A plate of copies, left of a plate of data. */
function copies<R>(body: () => R): R {
  return plate('copies', COPIES, { dim: -2 }, body);
}

/** Data along dimension -1, the same for all copies. */
function observe(values: readonly number[], distribution: () => dist.Distribution): void {
  plate('data', values.length, { dim: -1 }, () => {
    const own = distribution();
    sample('x', own, { obs: tf.broadcastTo(tf.tensor1d([...values]), [COPIES, values.length]) });
  });
}

/** Adam whose rate falls to nothing. */
async function fit(model: () => unknown, guide: () => unknown, steps: number, lr: number, exactKl = false): Promise<void> {
  const loss = exactKl ? new infer.TraceMeanFieldELBO() : new infer.TraceELBO();
  const settling = optim.schedule(optim.adam({ lr, beta2: 0.99 }), { decaySteps: steps });
  await new infer.SVI<[]>({ model, guide, optim: settling, loss }).run({ steps });
}

/** A parameter for each copy. */
function copied(name: string, init: number, constraint = constraints.real): Tensor {
  return param(name, tf.fill([COPIES, 1], init), { constraint });
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

function expectNear(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThan(tolerance);
}

test.each([[false], [true]])('normal mean, normal data (closed-form KL: %s)', async (exactKl) => {
  const problem = { priorMean: 1, priorSd: 2, noise: 1.5, data: [2.3, 1.9, 3.4, 2.8] };
  const exact = exactPosterior(problem);
  const model = (): unknown =>
    copies(() => {
      const z = sample('z', dist.normal(problem.priorMean, problem.priorSd));
      observe(problem.data, () => dist.normal(z, problem.noise));
    });
  await fit(model, new guides.AutoNormal(model), 150, 0.2, exactKl);
  expectNear(mean(paramValue('AutoNormal.locs.z')), exact.mean, 1e-2);
  expectNear(mean(paramValue('AutoNormal.scales.z')) / exact.sd, 1, 0.025);
});

test('bias of a coin: Beta and Bernoulli', async () => {
  const model = (): unknown =>
    copies(() => {
      const p = sample('p', dist.beta(2, 2));
      observe([1, 1, 0, 1, 1, 1, 0, 1], () => dist.bernoulli({ probs: p }));
    });
  const guide = (): unknown =>
    copies(() => {
      const centre = copied('centre', 0.5, constraints.unitInterval);
      const size = copied('size', 8, constraints.positive);
      sample('p', dist.beta(tf.mul(centre, size), tf.mul(tf.sub(1, centre), size)));
    });
  await fit(model, guide, 150, 0.1);
  // Beta(2 + 6, 2 + 2).
  expectNear(mean(paramValue('centre')), 8 / 12, 1e-2);
  expectNear(mean(paramValue('size')) / 12, 1, 0.05);
});

test('rate of a count: Gamma and Poisson', async () => {
  const model = (): unknown =>
    copies(() => {
      const rate = sample('rate', dist.gamma(2, 1));
      observe([3, 5, 2, 4], () => dist.poisson(rate));
    });
  const guide = (): unknown =>
    copies(() => {
      const shape = copied('shape', 10, constraints.positive);
      sample('rate', dist.gamma(shape, tf.div(shape, copied('centre', 2, constraints.positive))));
    });
  await fit(model, guide, 150, 0.1);
  // Gamma(2 + 14, 1 + 4).
  expectNear(mean(paramValue('centre')) / (16 / 5), 1, 1e-2);
  expectNear(mean(paramValue('shape')) / 16, 1, 0.05);
});

test('which of two components: by the score function', async () => {
  const model = (): unknown =>
    copies(() => {
      const z = sample('z', dist.bernoulli({ probs: 0.3 }));
      observe([1.4], () => dist.normal(tf.mul(z, 2), 1));
    });
  const guide = (): unknown => copies(() => sample('z', dist.bernoulli({ probs: copied('p', 0.5, constraints.unitInterval) })));
  await fit(model, guide, 150, 0.15);
  const odds = (0.3 / 0.7) * Math.exp(-0.5 * (1.4 - 2) ** 2 + 0.5 * 1.4 ** 2);
  // The copies are independent fits: their mean is as good as their spread says.
  const p = paramValue('p');
  const spread = Math.sqrt(mean(p.map((x) => (x - mean(p)) ** 2)) / COPIES);
  expect(spread).toBeLessThan(0.01);
  expectNear(mean(p), odds / (1 + odds), 4.5 * spread);
});

describe('linear regression', () => {
  // Two correlated inputs; posterior precision X'X / noise² + 1 / prior², mean precision⁻¹ X'y / noise².
  const rows = Array.from({ length: 20 }, (_, i) => [Math.sin(i), 0.5 * Math.sin(i) + Math.cos(2 * i)]);
  const noise = 0.5;
  const targets = rows.map(([u, v], i) => 1.5 * u! - 0.7 * v! + 0.3 * Math.sin(7 * i));
  const gram = (i: number, j: number): number => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0) / noise ** 2 + (i === j ? 1 : 0);
  const [a, b, c] = [gram(0, 0), gram(0, 1), gram(1, 1)];
  const [u, v] = [0, 1].map((i) => rows.reduce((sum, row, k) => sum + row[i]! * targets[k]!, 0) / noise ** 2);
  const determinant = a * c - b * b;
  const exact = [(c * u! - b * v!) / determinant, (a * v! - b * u!) / determinant];

  const model = (subsampleSize: number) => (): unknown =>
    copies(() => {
      const w = sample('w', dist.normal(tf.zeros([2]), 1).toEvent(1));
      plate('rows', rows.length, { subsampleSize, dim: -1 }, (indices) => {
        const x = tf.gather(tf.tensor2d(rows), indices);
        const y = tf.gather(tf.tensor1d(targets), indices);
        const predicted = tf.matMul(tf.reshape(w, [COPIES, 2]), x, false, true);
        sample('y', dist.normal(predicted, noise), { obs: tf.broadcastTo(y, [COPIES, subsampleSize]) });
      });
    });

  test.each([
    ['all rows', 20, 200, 1e-2, 0.05],
    // The copies share their subsamples, whose noise does not average out.
    ['ten rows at a time', 10, 250, 3e-2, 0.1],
  ])('%s', async (_, subsampleSize, steps, tolerance, relative) => {
    const program = model(subsampleSize);
    await fit(program, new guides.AutoNormal(program, { initLoc: 0 }), steps, 0.1, true);
    const [loc, scale] = ['locs', 'scales'].map((kind) => paramValue(`AutoNormal.${kind}.w`));
    const ofWeight = (values: number[], i: number): number => mean(values.filter((_value, k) => k % 2 === i));
    // The best mean-field normal has the posterior's mean, and the diagonal of its precision.
    exact.forEach((value, i) => expectNear(ofWeight(loc!, i), value, tolerance));
    [a, c].forEach((precision, i) => expectNear(ofWeight(scale!, i) ** -2 / precision, 1, relative));
  });
});

test('without data the guide becomes the prior', async () => {
  const model = (): void => {
    sample('real', dist.normal([1, -2], [0.5, 2]).toEvent(1));
    sample('positive', dist.transformed(dist.normal(0.5, 0.4), [transforms.exp]));
    plate('items', 2, () => sample('item', dist.normal([0.3, 0.6], 0.2)));
  };
  const guide = new guides.AutoNormal(model, { initLoc: initToFeasible() });
  await fit(model, guide, 250, 0.3, true);
  const expected: Record<string, number[]> = {
    'locs.real': [1, -2],
    'scales.real': [0.5, 2],
    'locs.positive': [0.5],
    'scales.positive': [0.4],
    'locs.item': [0.3, 0.6],
    'scales.item': [0.2, 0.2],
  };
  for (const [name, values] of Object.entries(expected)) {
    // All divergences have a closed form, so there is no noise.
    paramValue(`AutoNormal.${name}`).forEach((value, i) => expectNear(value, values[i]!, 2e-3));
  }
  const svi = new infer.SVI<[]>({ model, guide, optim: optim.adam(), loss: new infer.TraceMeanFieldELBO() });
  expectNear(await svi.evaluateLoss(), 0, 1e-3);
});

test('AutoDelta finds the mode, in the space of the model', async () => {
  // p ~ Beta(3, 2) with 2 heads in 3: the mode of Beta(5, 3) is 4/6. rate ~ Gamma(3, 2): mode 1.
  const model = (): void => {
    const p = sample('p', dist.beta(3, 2));
    plate('flips', 3, () => sample('x', dist.bernoulli({ probs: p }), { obs: [1, 1, 0] }));
    sample('rate', dist.gamma(3, 2));
  };
  for (const exactKl of [false, true]) {
    getParamStore().clear();
    const guide = new guides.AutoDelta(model);
    await fit(model, guide, 150, 0.1, exactKl);
    const { p, rate } = guide.median();
    expectNear(p!.dataSync()[0]!, 4 / 6, 2e-3);
    expectNear(rate!.dataSync()[0]!, 1, 2e-3);
    tf.dispose([p!, rate!]);
  }
});
