/**
 * @file Where chains end up. Of a linear potential force, the stationary covariance of the chain itself is known exactly, step size and
 * all; so thousands of independent coordinates, run side by side, are compared with that.
 */
import * as tf from '@tensorflow/tfjs-core';
import { dist, factor, infer, plate, randomStream, ready, sample } from '../../../src/index.ts';
import type { SgmcmcKernel } from '../../../src/index.ts';
import { RandomStream } from '../../../src/random/stream.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));

/** How many coordinates: a variance is known to √(2 / D) of itself then, a mean to √(variance / D). */
const D = 8000;
const SIGMAS = 4.5;

const precision = 2;
const gaussian = (): void => {
  sample('x', dist.normal(0, Math.sqrt(1 / precision)).expand([D]).toEvent(1));
};

/** The last position and, if there is one, momentum of a chain. */
async function lastPoint(kernel: SgmcmcKernel, numSteps: number): Promise<{ x: Float64Array; m: Float64Array | null }> {
  const sgmcmc = new infer.SGMCMC(kernel, { numSamples: 1, numBurnIn: numSteps, seed: 1, initStrategy: 'zero' });
  await sgmcmc.run();
  const { kernel: state } = (await sgmcmc.checkpoint()).chains[0]!;
  const [m] = state.parameters['x']!.moments;
  return { x: sgmcmc.getSamples()['x']!.data, m: m === undefined ? null : Float64Array.from(m) };
}

const mean = (xs: ArrayLike<number>): number => Array.from(xs).reduce((a, b) => a + b, 0) / xs.length;
const product = (xs: Float64Array, ys: Float64Array): number => mean(xs.map((x, i) => x * ys[i]!));

/** Var x, cov(x, m) and var m of m ← c m - r λ x + N(0, q), x ← x + m, by going on until they do not change. */
function stationary({ r, c, q, lambda = precision }: { r: number; c: number; q: number; lambda?: number }): [number, number, number] {
  let [xx, xm, mm] = [0, 0, 0];
  for (let i = 0; i < 20_000; i++) {
    const nextMm = c * c * mm - 2 * c * r * lambda * xm + (r * lambda) ** 2 * xx + q;
    const nextXm = c * xm - r * lambda * xx + nextMm;
    xx = xx + 2 * (c * xm - r * lambda * xx) + nextMm;
    [xm, mm] = [nextXm, nextMm];
  }
  return [xx, xm, mm];
}

function expectVariance(xs: Float64Array, expected: number): void {
  expect(Math.abs(product(xs, xs) / expected - 1)).toBeLessThan(SIGMAS * Math.sqrt(2 / D));
  expect(Math.abs(mean(xs))).toBeLessThan(SIGMAS * Math.sqrt(expected / D));
}

test.each([0.5, 0.25, 0.125])('SGLD with step size %d: the variance is the posterior\'s, but for a bias in proportion to the step', async (stepSize) => {
  const { x } = await lastPoint(new infer.SGLD(gaussian, { stepSize }), 150);
  // From var = (1 - ε λ / 2)² var + ε.
  expectVariance(x, 1 / precision / (1 - (stepSize * precision) / 4));
});

test.each([[0.1, 0.2], [0.5, 0.2], [0.05, 0.5], [1, 0.25]])('SGHMC with friction %d and step size %d: positions and momenta', async (friction, stepSize) => {
  const { x, m } = await lastPoint(new infer.SGHMC(gaussian, { stepSize, friction }), 400);
  const [xx, xm, mm] = stationary({ r: stepSize / 2, c: 1 - friction, q: friction * stepSize });
  expectVariance(x, xx);
  // Friction and noise balance where the momentum has variance ε/2, but for the error of the step.
  expect(Math.abs(mm / (stepSize / 2) - 1)).toBeLessThan(1.5 * Math.max(friction, stepSize));
  if (friction === 1) {
    expect(m).toBeNull();
    return;
  }
  expectVariance(m!, mm);
  expect(Math.abs(product(x, m!) - xm)).toBeLessThan(SIGMAS * Math.sqrt((xx * mm + xm * xm) / D));
});

test('temperature multiplies the variance', async () => {
  const { x } = await lastPoint(new infer.SGHMC(gaussian, { stepSize: 0.2, temperature: 0.25 }), 400);
  const [xx] = stationary({ r: 0.1, c: 0.9, q: 0.1 * 0.2 * 0.25 });
  expectVariance(x, xx);
});

describe('noise of the gradient', () => {
  const [stepSize, friction, variance] = [0.2, 0.2, 3.5];
  const shaken = (): void => {
    const x = sample('x', dist.normal(0, Math.sqrt(1 / precision)).expand([D]).toEvent(1)) as tf.Tensor;
    factor('noise', tf.sum(tf.mul(x, dist.normal(0, Math.sqrt(variance)).expand([D]).sample([], randomStream('noise')))));
  };
  const q = friction * stepSize;

  test('adds to that of the dynamics', async () => {
    const { x } = await lastPoint(new infer.SGHMC(shaken, { stepSize, friction }), 300);
    const [xx] = stationary({ r: stepSize / 2, c: 1 - friction, q: q + (stepSize / 2) ** 2 * variance });
    expectVariance(x, xx);
  });

  test('is made up for where its variance is known', async () => {
    const { x } = await lastPoint(new infer.SGHMC(shaken, { stepSize, friction, gradientVariance: variance }), 300);
    const [xx] = stationary({ r: stepSize / 2, c: 1 - friction, q });
    expectVariance(x, xx);
  });
});

test('gradients of mini-batches are unbiased: a conjugate posterior, and the noise that subsampling must bring', async () => {
  const [N, n, stepSize] = [8, 2, 0.02];
  const y = tf.tidy(() => tf.add(dist.normal(0, 2).expand([N, D]).sample([], RandomStream.fromSeed(3)), 1));
  const model = (): void => {
    const mu = sample('mu', dist.normal(0, 1).expand([D]).toEvent(1)) as tf.Tensor;
    plate('data', N, { subsampleSize: n }, (indices) => {
      sample('y', dist.normal(mu, 1).toEvent(1), { obs: tf.gather(y, indices) });
    });
  };
  const sgmcmc = new infer.SGMCMC(new infer.SGLD(model, { stepSize }), { numSamples: 1, numBurnIn: 150, seed: 2, initStrategy: 'zero' });
  await sgmcmc.run();
  const lambda = 1 + N;
  const posteriorMean = tf.tidy(() => tf.div(tf.sum(y, 0), lambda).dataSync());
  const centred = sgmcmc.getSamples()['mu']!.data.map((mu, d) => mu - posteriorMean[d]!);
  // The sum of n of N numbers without replacement, times N / n, has variance N² (1 - n/N) S² / n; S² is 4 on average.
  const ofGradient = (N * N * (1 - n / N) * 4) / n;
  const r = stepSize / 2;
  expectVariance(centred, (stepSize + r * r * ofGradient) / (1 - (1 - r * lambda) ** 2));
  y.dispose();
});

test('with a preconditioner, coordinates of different scales are all at home', async () => {
  const scales = tf.concat([tf.fill([D / 2], 0.1), tf.fill([D / 2], 1)]);
  const model = (): void => {
    sample('x', dist.normal(0, scales).toEvent(1));
  };
  // G = 1 / √V is about the scale then: a step goes ε / (2 scale) of the way back, a fifth and a fiftieth.
  const stepSize = 0.04;
  const kernel = new infer.SGLD(model, { stepSize, preconditioner: { damping: 1e-3, decay: 0.999 } });
  const sgmcmc = new infer.SGMCMC(kernel, { numSamples: 1, numBurnIn: 500, seed: 1, initStrategy: { sites: ({ distribution }) => tf.mul(distribution.variance, 0.5) } });
  await sgmcmc.run();
  const x = sgmcmc.getSamples()['x']!.data;
  for (const [part, scale] of [[x.subarray(0, D / 2), 0.1], [x.subarray(D / 2), 1]] as const) {
    // The bias of the step, as that of SGLD with step ε G; 3 % more for a V that wavers.
    const expected = scale / Math.sqrt(1 - stepSize / (4 * scale));
    expect(Math.abs(Math.sqrt(product(part, part)) / expected - 1)).toBeLessThan(SIGMAS * Math.sqrt(1 / D) + 0.03);
  }
  scales.dispose();
});

test('constrained sites are sampled in unconstrained space, with the volume change', async () => {
  const model = (): void => {
    sample('g', dist.gamma(3, 2).expand([D]).toEvent(1));
  };
  const sgmcmc = new infer.SGMCMC(new infer.SGHMC(model, { stepSize: 0.02 }), { numSamples: 1, numBurnIn: 600, seed: 1 });
  await sgmcmc.run();
  const g = sgmcmc.getSamples()['g']!.data;
  // Mean 3/2, variance 3/4; the error of the step is O(ε).
  expect(Math.abs(mean(g) - 1.5)).toBeLessThan(SIGMAS * Math.sqrt(0.75 / D) + 0.005);
  expect(Math.min(...g)).toBeGreaterThan(0);
});

test('supports may depend on other sites', async () => {
  const model = (): void => {
    const top = sample('top', dist.halfNormal(1).expand([D]).toEvent(1)) as tf.Tensor;
    sample('x', dist.uniform(0, top).toEvent(1));
  };
  const sgmcmc = new infer.SGMCMC(new infer.SGHMC(model, { stepSize: 0.05 }), { numSamples: 1, numBurnIn: 600, seed: 1 });
  await sgmcmc.run();
  const { top, x } = sgmcmc.getSamples();
  expect(x!.data.every((value, i) => value > 0 && value < top!.data[i]!)).toBe(true);
  // E top = √(2/π), E x = half of that; var x = E top² / 3 - (E top)² / 4.
  const expected = Math.sqrt(2 / Math.PI);
  expect(Math.abs(mean(top!.data) - expected)).toBeLessThan(SIGMAS * Math.sqrt((1 - 2 / Math.PI) / D) + 0.01);
  expect(Math.abs(mean(x!.data) - expected / 2)).toBeLessThan(SIGMAS * Math.sqrt((1 / 3 - 1 / (2 * Math.PI)) / D) + 0.005);
});
