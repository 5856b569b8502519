import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import * as dist from '../../src/distributions/index.ts';
import { betainc } from '../../src/ops/scalar/betainc.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { biject } from '../../src/transforms/index.ts';
import { sizeOf } from '../../src/util/shape.ts';
import { withValidation } from '../../src/util/validation.ts';
import { all, batch, continuous, jumping, multivariate, stacked } from './fixtures.ts';
import type { Fixture } from './fixtures.ts';

beforeAll(async () => {
  await ready({ backend: 'wasm' });
});

/**
 * The derivative of f at `at` along a direction, by central differences with steps h and 2h, extrapolated. Float32 leaves
 * an error of about |f| 1e-7 / h; what is neglected is of order h⁴.
 */
function slope(f: (x: Tensor) => Tensor, at: Tensor, direction: Tensor): Float32Array {
  return tf.tidy(() => {
    const difference = (h: number): Float32Array => {
      const [up, down] = [f(tf.add(at, tf.mul(direction, h))), f(tf.sub(at, tf.mul(direction, h)))];
      return Float32Array.from(tf.sub(up, down).dataSync(), (x) => x / (2 * h));
    };
    const [near, far] = [difference(0.005), difference(0.01)];
    return near.map((x, i) => (4 * x - far[i]!) / 3);
  });
}

/** Compares the gradient of Σ f(x), whose elements depend on one row of x each, with differences, coordinate by coordinate. */
function checkGradient(f: (x: Tensor) => Tensor, at: Tensor, scales: Tensor): void {
  const rows = at.shape[0]!;
  const width = sizeOf(at.shape) / rows;
  const gradient = tf.tidy(() => tf.grad((x: Tensor) => tf.sum(f(x)))(at).dataSync());
  for (let k = 0; k < width; k++) {
    const mask = Float32Array.from({ length: at.size }, (_, i) => (i % width === k ? 1 : 0));
    const direction = tf.tidy(() => tf.mul(tf.tensor(mask, at.shape), scales));
    const [byDifferences, stretch] = [slope(f, at, direction), direction.dataSync()];
    direction.dispose();
    for (let row = 0; row < rows; row++) {
      const [exact, rough] = [gradient[row * width + k]! * stretch[row * width + k]!, byDifferences[row]!];
      const error = Math.abs(exact - rough) / Math.max(1, Math.abs(exact));
      if (!(error < 2e-3)) throw new Error(`row ${row}, coordinate ${k}: gradient ${exact}, differences ${rough}`);
    }
  }
}

// P20
describe('gradients of the log-density are what differences say', () => {
  test.each(all.map((fixture): [string, Fixture] => [fixture.name, fixture]))('%s, in its parameters', (_name, fixture) => {
    tf.engine().startScope();
    const parameters = stacked(fixture);
    const x = batch(fixture, parameters).sample([], RandomStream.fromSeed(5));
    for (const name of fixture.differentiable ?? Object.keys(parameters)) {
      const f = (value: Tensor): Tensor => {
        return withValidation(false, () => batch(fixture, { ...parameters, [name]: value }).logProb(x));
      };
      const given = parameters[name]!;
      // A step relative to the parameter, so that it keeps its sign.
      checkGradient(f, given, tf.maximum(tf.abs(given), 0.05));
    }
    tf.engine().endScope();
  });

  test.each([...continuous, ...jumping, ...multivariate].map((fixture): [string, Fixture] => [fixture.name, fixture]))(
    '%s, in its value',
    (_name, fixture) => {
      tf.engine().startScope();
      const d = batch(fixture, stacked(fixture));
      if (d.name !== 'uniform' && fixture.name !== 'mixtureSameFamily of uniforms') {
        const transform = biject(d.support);
        const x = transform.inverse(d.sample([], RandomStream.fromSeed(6)));
        checkGradient((u) => d.logProb(transform.forward(u)), x, tf.onesLike(x));
      }
      tf.engine().endScope();
    },
  );
});

describe('gradients of draws', () => {
  const withCdf = continuous.filter(({ isPathUnique }) => isPathUnique);

  // A draw that increases with one uniform number, however it is made, satisfies F(z; θ) = u, so that
  // dz/dθ = -∂F/∂θ / p(z) (Figurnov et al. 2018, equation 5).
  test.each(withCdf.map((fixture): [string, Fixture] => [fixture.name, fixture]))('%s: move with its distribution function', (_name, fixture) => {
    tf.engine().startScope();
    const parameters = stacked(fixture);
    const draw = (p: Record<string, Tensor>): Tensor => batch(fixture, p).rsample([], RandomStream.fromSeed(8));
    const d = batch(fixture, parameters);
    const z = draw(parameters);
    const density = tf.exp(d.logProb(z)).dataSync();
    for (const [name, given] of Object.entries(parameters)) {
      const scale = tf.maximum(tf.abs(given), 0.05);
      const cdf = (value: Tensor): Tensor => withValidation(false, () => batch(fixture, { ...parameters, [name]: value }).cdf(z));
      const movedProbability = slope(cdf, given, scale);
      const gradient = tf.mul(tf.grad((value: Tensor) => tf.sum(draw({ ...parameters, [name]: value })))(given), scale).dataSync();
      gradient.forEach((dz: number, i: number) => {
        const residue = dz * density[i]! + movedProbability[i]!;
        if (!(Math.abs(residue) < 1e-4)) throw new Error(`${name}, element ${i}: ${dz * density[i]!} and ${movedProbability[i]!}`);
      });
    }
    tf.engine().endScope();
  });

  /** Draws of many copies of one case, and the derivative of a function of each in a parameter. */
  function perDraw(
    value: number,
    draw: (parameter: Tensor, stream: RandomStream) => Tensor,
  ): { z: Float32Array; dz: Float32Array } {
    return tf.tidy(() => {
      const parameter = tf.fill([4000], value);
      const f = (p: Tensor): Tensor => draw(p, RandomStream.fromSeed(8));
      return {
        z: f(parameter).dataSync() as Float32Array,
        dz: tf.grad((p: Tensor) => tf.sum(f(p)))(parameter).dataSync() as Float32Array,
      };
    });
  }

  // Where several random numbers make one draw, the same holds on average over the draws that come out at z.
  const averaged: [string, number, (p: Tensor, stream: RandomStream) => Tensor, (p: number, z: number) => number][] = [
    ['studentT in df', 5, (df, s) => dist.studentT(df, 0, 1).rsample([], s), studentCdf],
    ['beta in concentration1', 2, (a, s) => dist.beta(a, 3).rsample([], s), (a, z) => betainc(a, 3, z)],
    ['beta in concentration0', 0.7, (b, s) => dist.beta(2, b).rsample([], s), (b, z) => betainc(2, b, z)],
    [
      'dirichlet in its own concentration',
      1.5,
      (c, s) => first(dist.dirichlet(tf.stack([c, tf.onesLike(c), tf.mul(tf.onesLike(c), 2)], -1)).rsample([], s)),
      (c, z) => betainc(c, 3, z),
    ],
    [
      "dirichlet in another's concentration",
      1.5,
      (c, s) => first(dist.dirichlet(tf.stack([tf.onesLike(c), c, tf.mul(tf.onesLike(c), 2)], -1)).rsample([], s)),
      (c, z) => betainc(1, c + 2, z),
    ],
    [
      'the square of a correlation of lkjCholesky',
      1.5,
      (eta, s) => tf.square(tf.slice(dist.lkjCholesky(3, eta).rsample([], s), [0, 1, 0], [-1, 1, 1])),
      (eta, z) => betainc(0.5, eta + 0.5, z),
    ],
  ];

  test.each(averaged)('%s: move with the distribution function on average', (_name, parameter, draw, cdf) => {
    const { z, dz } = perDraw(parameter, draw);
    const residues = Float64Array.from(z, (x, i) => {
      const h = 1e-4 * Math.min(Math.abs(x), x > 0 && x < 1 ? 1 - x : 1);
      const density = (cdf(parameter, x + h) - cdf(parameter, x - h)) / (2 * h);
      return dz[i]! * density + (cdf(parameter + 1e-4, x) - cdf(parameter - 1e-4, x)) / 2e-4;
    });
    const mean = residues.reduce((sum, r) => sum + r, 0) / z.length;
    const variance = residues.reduce((sum, r) => sum + (r - mean) ** 2, 0) / z.length;
    expect(Math.abs(mean)).toBeLessThan(4.5 * Math.sqrt(variance / z.length));
    // And the derivative is there: its residues are small beside it.
    expect(dz.some((x) => x !== 0)).toBe(true);
  });

  // Draws of normal vectors are smooth functions of their noise.
  const matrices: [string, number[][], (m: Tensor) => dist.Distribution][] = [
    ['loc', [[1, 2]], (m) => dist.multivariateNormal(m, { scaleTril: [[1, 0], [0.5, 2]] })],
    ['scaleTril', [[1, 0], [0.5, 2]], (m) => dist.multivariateNormal([0, 0], { scaleTril: m })],
    ['covarianceMatrix', [[1, 0.5], [0.5, 2]], (m) => dist.multivariateNormal([0, 0], { covarianceMatrix: symmetric(m) })],
    ['precisionMatrix', [[1, 0.5], [0.5, 2]], (m) => dist.multivariateNormal([0, 0], { precisionMatrix: symmetric(m) })],
    ['covFactor', [[1], [0.5]], (m) => dist.lowRankMultivariateNormal([0, 0], m, [1, 2])],
    ['covDiag', [[1, 0.5]], (m) => dist.lowRankMultivariateNormal([0, 0], [[1], [2]], m)],
  ];

  test.each(matrices)('multivariate normal draws and densities in %s: are what differences say', (_name, matrix, build) => {
    withValidation(false, () => {
      tf.engine().startScope();
      const at = tf.tensor([matrix]);
      const one = (x: Tensor): Tensor => tf.squeeze(x, [0]);
      checkGradient((m) => tf.expandDims(tf.sum(build(one(m)).rsample([], RandomStream.fromSeed(9))), 0), at, tf.onesLike(at));
      checkGradient((m) => tf.expandDims(tf.sum(build(one(m)).logProb([0.3, -0.8])), 0), at, tf.onesLike(at));
      tf.engine().endScope();
    });
  });

  test('do not flow through sample, nor through draws of discrete families', () => {
    tf.tidy(() => {
      const gradient = tf.grad((loc: Tensor) => tf.add(dist.normal(loc, 1).sample(), loc))(tf.scalar(1));
      expect(gradient.dataSync()[0]).toBe(1);
    });
    expect(() => dist.bernoulli({ probs: 0.5 }).rsample()).toThrow(/bernoulli: draws cannot be reparameterised; use sample/);
  });
});

function first(x: Tensor): Tensor {
  return tf.slice(x, [0, 0], [-1, 1]);
}

function symmetric(m: Tensor): Tensor {
  return tf.mul(tf.add(m, tf.transpose(m)), 0.5);
}

function studentCdf(df: number, z: number): number {
  const tail = betainc(df / 2, 0.5, df / (df + z * z)) / 2;
  return z < 0 ? tail : 1 - tail;
}
