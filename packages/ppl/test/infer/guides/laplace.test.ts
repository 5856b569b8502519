/** @file The Laplace approximation, and the differences and Newton steps that it is made of. */
import * as tf from '@tensorflow/tfjs-core';
import { dist, getParamStore, guides, handlers, infer, optim, plate, ready, sample, setSeed } from '@tychejs/ppl';
import { hessian } from '../../../src/infer/guides/laplace/hessian.ts';
import { NoCurvature, findMode } from '../../../src/infer/guides/laplace/mode.ts';
import type { LogDensity } from '../../../src/infer/mcmc/logDensity.ts';
import { expectNoLeak } from '../../helpers/leak.ts';
import { lossAt, paramValue } from '../svi/helpers.ts';
import { inverse, linearModel, linearPosterior, numbers } from './flatGuides.ts';

jest.setTimeout(60_000);

beforeAll(() => ready({ backend: 'cpu' }));
beforeEach(() => {
  getParamStore().clear();
  setSeed(5);
});

const matrix = (flat: Float64Array, n: number): number[][] => Array.from({ length: n }, (_, i) => [...flat.subarray(i * n, (i + 1) * n)]);

/** -½ xᵀ P x - Σ wᵢ x⁴ᵢ / 4, with scales far apart. */
const SCALES = [1e-6, 1, 2e4];
const CORE = [[2, 0.5, -0.3], [0.5, 1, 0.2], [-0.3, 0.2, 3]];
const quartic: LogDensity = {
  dimension: 3,
  evaluate: (q, gradient) => {
    const x = q.map((value, i) => value / SCALES[i]!);
    let result = 0;
    for (let i = 0; i < 3; i++) {
      const push = CORE[i]!.reduce((sum, p, j) => sum + p * x[j]!, 0);
      result -= 0.5 * x[i]! * push + 0.25 * x[i]! ** 4;
      gradient[i] = -(push + x[i]! ** 3) / SCALES[i]!;
    }
    return result;
  },
};

test('Hessians, whatever the scales of coordinates', () => {
  const x = [0.3, -0.5, 0.7];
  const found = matrix(hessian(quartic, Float64Array.from(x, (value, i) => value * SCALES[i]!), 1e-3), 3);
  found.forEach((row, i) =>
    row.forEach((value, j) => {
      const expected = -(CORE[i]![j]! + (i === j ? 3 * x[i]! ** 2 : 0));
      // Of a cubic gradient, a central difference is off by the square of the step: 1e-6 here.
      expect(Math.abs(value * SCALES[i]! * SCALES[j]! - expected)).toBeLessThan(1e-5);
    }),
  );
});

test('a Hessian next to the edge of the domain', () => {
  // log x - x at 1e-4: the first step would leave the positive numbers.
  const density: LogDensity = {
    dimension: 1,
    evaluate: ([x = 0], gradient) => {
      gradient[0] = x > 0 ? 1 / x - 1 : NaN;
      return x > 0 ? Math.log(x) - x : NaN;
    },
  };
  expect(hessian(density, Float64Array.of(1e-4), 1e-3)[0]! / -1e8).toBeCloseTo(1, 5);
});

test('the mode is found from afar, and what has none is said to have none', () => {
  const precision = { relativeStep: 1e-3, tolerance: 1e-6 };
  const { position, logDensity, inverseFactor } = findMode(quartic, [3e-6, -2, 5e4], precision);
  position.forEach((value, i) => expect(Math.abs(value / SCALES[i]!)).toBeLessThan(1e-6));
  expect(logDensity).toBeCloseTo(0, 10);
  // L⁻ᵀ L⁻¹ is the covariance.
  const lower = matrix(inverseFactor, 3);
  const covariance = lower.map((_, i) => lower.map((__, j) => lower.reduce((sum, row) => sum + row[i]! * row[j]!, 0)));
  inverse(CORE).forEach((row, i) => row.forEach((value, j) => expect(covariance[i]![j]! / (SCALES[i]! * SCALES[j]!)).toBeCloseTo(value, 4)));
  const saddle: LogDensity = {
    dimension: 2,
    evaluate: ([x = 0, y = 0], gradient) => {
      gradient.set([-x, y]);
      return 0.5 * (y * y - x * x);
    },
  };
  expect(() => findMode(saddle, [1, 1], precision)).toThrow(NoCurvature);
  // From x a whole step of Newton's leads to -x³: away, unless it is halved.
  const hyperbola: LogDensity = {
    dimension: 1,
    evaluate: ([x = 0], gradient) => {
      gradient[0] = -x / Math.hypot(1, x);
      return -Math.hypot(1, x);
    },
  };
  expect(Math.abs(findMode(hyperbola, [2], precision).position[0]!)).toBeLessThan(1e-6);
  const slope: LogDensity = {
    dimension: 1,
    evaluate: ([x = 0], gradient) => {
      gradient[0] = Math.exp(-x);
      return -Math.exp(-x);
    },
  };
  expect(() => findMode(slope, [0], precision)).toThrow(/standard deviations away after 50 steps/);
});

async function train<A extends unknown[]>(model: (...args: A) => unknown, guide: (...args: A) => unknown, steps: number, ...args: A): Promise<void> {
  const svi = new infer.SVI<A>({ model, guide, optim: optim.schedule(optim.adam({ lr: 0.1 }), { decaySteps: steps }), loss: new infer.TraceELBO() });
  for (let i = 0; i < steps; i++) await svi.step(...args);
}

test.each(['compiled', 'eager'] as const)('a normal posterior is found exactly (%s)', async (engine) => {
  const { mean, covariance, logEvidence } = linearPosterior();
  const guide = new guides.AutoLaplaceApproximation(linearModel, { engine });
  // Far from done.
  await train(linearModel, guide, 10);
  const laplace = await expectNoLeak(() => guide.laplaceApproximation());
  const digits = engine === 'compiled' ? 5 : 2;
  expect(laplace.logEvidence).toBeCloseTo(logEvidence, digits);
  const posterior = laplace.getPosterior() as dist.MultivariateNormal;
  tf.tidy(() => {
    [...posterior.mean.dataSync()].forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, digits));
    const root = posterior.root();
    (tf.matMul(root, root, false, true).arraySync() as number[][]).forEach((row, i) => row.forEach((value, j) => expect(value).toBeCloseTo(covariance[i]![j]!, digits)));
  });
  // And it is a guide: at the posterior every draw has the evidence for its ELBO.
  for (let seed = 0; seed < 3; seed++) expect(lossAt(new infer.TraceELBO(), linearModel, laplace, seed)).toBeCloseTo(-logEvidence, engine === 'compiled' ? 3 : 1);
  const quantiles = numbers(laplace.quantiles([0.5, 0.8413447460685429]));
  expect(quantiles['b']![1]! - quantiles['b']![0]!).toBeCloseTo(Math.sqrt(covariance[2]![2]!), 2);
  numbers(laplace.median())['a']!.forEach((value, i) => expect(value).toBeCloseTo(mean[i]!, digits));
  expect(getParamStore().names()).toEqual(['AutoLaplaceApproximation.loc']);
});

test('a Gamma posterior: mode and curvature of its logarithm, with data as arguments and a plate', async () => {
  const model = (counts: tf.Tensor1D): void => {
    const rate = plate('groups', 2, { dim: -1 }, () => sample('rate', dist.gamma(3, 2)));
    plate('data', 2, { dim: -1 }, () => sample('x', dist.poisson(rate), { obs: counts }));
  };
  const counts = tf.tensor1d([4, 11]);
  const guide = new guides.AutoLaplaceApproximation(model);
  await train(model, guide, 100, counts);
  // Gamma(3 + x, 2 + 1), seen in log rate: mode log(shape / rate), curvature the shape.
  [7, 14].forEach((shape, i) => expect(Math.abs(paramValue('AutoLaplaceApproximation.loc')[i]! - Math.log(shape / 3))).toBeLessThan(0.05));
  const laplace = await guide.laplaceApproximation(counts);
  counts.dispose();
  const median = numbers(laplace.median())['rate']!;
  const high = numbers(laplace.quantiles([0.8413447460685429]))['rate']!;
  [7, 14].forEach((shape, i) => {
    expect(median[i]! / (shape / 3)).toBeCloseTo(1, 5);
    expect(Math.log(high[i]! / median[i]!) * Math.sqrt(shape)).toBeCloseTo(1, 4);
  });
  expect(numbers(laplace.samplePosterior())['rate']).toHaveLength(2);
});

test('the guide itself is a point of unconstrained space', () => {
  const model = (): unknown => sample('s', dist.gamma(2, 1));
  const guide = new guides.AutoLaplaceApproximation(model, { initLoc: 3 });
  const trace = handlers.trace(guide).getTrace();
  // log |ds/dx| = x for s = exp(x).
  expect(trace.logProbSum().dataSync()[0]).toBeCloseTo(-Math.log(3), 5);
  trace.dispose();
  expect(numbers(guide.median())['s']![0]).toBeCloseTo(3, 5);
  numbers(guide.quantiles([0.1, 0.9]))['s']!.forEach((value) => expect(value).toBeCloseTo(3, 5));
  // Handlers around it are in force: what is observed is not approximated.
  expect(() => new guides.AutoLaplaceApproximation(model, { initScale: 1 } as object)).toThrow(/unknown option "initScale"/);
  expect(() => new guides.AutoLaplaceApproximation(model, { engine: 'fast' } as object)).toThrow(/engine must be/);
});

test('what handlers observe is not approximated', async () => {
  const model = (): void => {
    sample('x', dist.normal(sample('z', dist.normal(0, 1)), 1));
  };
  const guide = new guides.AutoLaplaceApproximation(model);
  const laplace = await handlers.condition({ data: { x: 2 } }).run(() => guide.laplaceApproximation());
  const { z, ...others } = numbers(laplace.median());
  expect(z![0]).toBeCloseTo(1, 5);
  expect(others).toEqual({});
});

test('a posterior without a mode: which coordinates, and what to do', async () => {
  const model = (): void => {
    const scale = sample('scale', dist.logNormal(0, 10));
    plate('groups', 8, () => sample('effect', dist.normal(0, scale)));
  };
  const guide = new guides.AutoLaplaceApproximation(model, { initLoc: { scale: 1, effect: 1 } });
  await expectNoLeak(async () => {
    tf.dispose(guide());
    getParamStore().clear();
    await expect(guide.laplaceApproximation()).rejects.toThrow(/laplaceApproximation: .*Train the guide longer.*standardised effects/);
    getParamStore().clear();
  });
  const mixture = (): unknown =>
    sample('z', dist.mixtureSameFamily(dist.categorical({ probs: [0.5, 0.5] }), dist.normal([-3, 3], 1)));
  await expect(new guides.AutoLaplaceApproximation(mixture, { initLoc: 0 }).laplaceApproximation()).rejects.toThrow(
    /does not curve downwards along z \(the negative Hessian is not positive definite\)/,
  );
  await expect(new guides.AutoLaplaceApproximation(() => sample('x', dist.normal(0, 1), { obs: 1 })).laplaceApproximation()).rejects.toThrow(/no latent sites/);
});
