import * as tf from '@tensorflow/tfjs-core';
import { ready } from '../../src/backend/ready.ts';
import * as ops from '../../src/ops/index.ts';
import { digamma, polygamma } from '../../src/ops/scalar/digamma.ts';
import { gammaSampleGradient } from '../../src/ops/scalar/gammainc.ts';
import { RandomStream } from '../../src/random/stream.ts';
import { gammaTensor } from '../../src/random/tensors.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { relativeError } from '../helpers/finiteDifference.ts';
import { expectNoLeak } from '../helpers/leak.ts';

const stream = () => RandomStream.fromSeed(6);
const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;

describeOnBackends('randomGamma', () => {
  test('draws what gammaTensor draws, and differentiates it implicitly', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const alpha = tf.tensor([[0.05, 0.8], [3, 5000]]);
        const x = ops.randomGamma(stream(), alpha);
        expect([...x.dataSync()]).toEqual([...gammaTensor(stream(), alpha).dataSync()]);
        const slopes = tf.grad((a) => tf.sum(ops.randomGamma(stream(), a)))(alpha).dataSync();
        const [a, draws] = [alpha.dataSync(), x.dataSync()];
        slopes.forEach((slope, i) => {
          expect(relativeError(slope, gammaSampleGradient(a[i]!, draws[i]!))).toBeLessThan(1e-6);
        });
        const logs = tf.grad((z) => tf.sum(ops.randomLogGamma(stream(), z)))(alpha).dataSync();
        // x d(log x) = dx, up to float32's rounding of the draw and of its logarithm.
        logs.forEach((slope, i) => expect(relativeError(slope * draws[i]!, slopes[i]!)).toBeLessThan(1e-4));
      }),
    );
  });

  test('a scale may be applied and differentiated alongside', () => {
    tf.tidy(() => {
      const f = (a: tf.Tensor, rate: tf.Tensor) => tf.sum(tf.div(ops.randomGamma(stream(), a), rate));
      const [inAlpha, inRate] = tf.grads(f)([tf.tensor([2, 3]), tf.scalar(4)]);
      expect(inAlpha!.shape).toEqual([2]);
      const draws = gammaTensor(stream(), tf.tensor([2, 3])).dataSync();
      expect(inRate!.dataSync()[0]).toBeCloseTo(-(draws[0]! + draws[1]!) / 16, 5);
    });
  });

  test('takes numbers', () => {
    expectNoLeak(() => tf.tidy(() => expect(ops.randomGamma(stream(), 2).shape).toEqual([])));
  });
});

describe('randomGamma', () => {
  beforeAll(() => ready({ backend: 'cpu' }));

  test.each([0.02, 0.5, 3, 200])('gradients average to those of the moments, alpha = %p', (alpha) => {
    const n = 10_000;
    const parts = tf.tidy(() => {
      const concentration = tf.fill([n], alpha);
      // E x = alpha, so the slope averages to 1; E log x = digamma, so that of the logarithm to trigamma.
      const slope = tf.grad((a) => ops.randomGamma(stream(), a))(concentration).dataSync();
      const logSlope = tf.grad((a) => ops.randomLogGamma(stream(), a))(concentration).dataSync();
      const logs = ops.randomLogGamma(stream(), concentration).dataSync();
      return { slope, logSlope, logs };
    });
    const check = (values: ArrayLike<number>, expected: number) => {
      const m = mean(values);
      const error = Math.sqrt(mean(Array.from(values, (v) => (v - m) ** 2)) / n);
      expect(Math.abs(m - expected)).toBeLessThan(4.5 * error);
    };
    check(parts.slope, 1);
    check(parts.logSlope, polygamma(1, alpha));
    check(parts.logs, digamma(alpha));
  });
});
