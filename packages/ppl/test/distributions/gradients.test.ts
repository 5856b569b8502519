import '../../src/backend/setup.ts';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
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
    const draw = (p: Record<string, Tensor>): Tensor => batch(fixture, p).rsample([], RandomStream.fromSeed(7));
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
});
