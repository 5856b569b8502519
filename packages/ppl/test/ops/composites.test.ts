import * as tf from '@tensorflow/tfjs-core';
import * as ops from '../../src/ops/index.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { expectNoLeak } from '../helpers/leak.ts';

const close = (x: tf.Tensor, expected: number[]) => {
  const values = x.dataSync();
  expect(values).toHaveLength(expected.length);
  expected.forEach((e, i) => expect(Math.abs(values[i]! - e)).toBeLessThan(2e-7 * Math.max(10, Math.abs(e))));
};

describeOnBackends('logSumExp', () => {
  test('over all axes, one, several, kept or not', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const x = [[0, Math.log(2)], [Math.log(3), Math.log(4)]];
        close(ops.logSumExp(x), [Math.log(10)]);
        expect(ops.logSumExp(x).shape).toEqual([]);
        close(ops.logSumExp(x, 0), [Math.log(4), Math.log(6)]);
        close(ops.logSumExp(x, -1), [Math.log(3), Math.log(7)]);
        expect(ops.logSumExp(x, 1, true).shape).toEqual([2, 1]);
        expect(ops.logSumExp(x, [0, 1], true).shape).toEqual([1, 1]);
        close(ops.logSumExp(3), [3]);
        close(ops.logSumExp([1000, 1000]), [1000 + Math.LN2]);
        close(ops.logSumExp([-1000, -1000]), [-1000 + Math.LN2]);
      }),
    );
  });

  test('infinities and NaN', () => {
    tf.tidy(() => {
      const rows = [[-Infinity, -Infinity], [-Infinity, 1], [Infinity, 1], [Number.NaN, 1]];
      expect([...ops.logSumExp(rows, 1).dataSync()]).toEqual([-Infinity, 1, Infinity, Number.NaN]);
      const gradient = tf.grad((x) => tf.sum(ops.logSumExp(x, 1)))(tf.tensor(rows.slice(0, 2)));
      expect(gradient.arraySync()).toEqual([[0, 0], [0, 1]]);
    });
  });

  test('its gradient is softmax, and its second derivative that of softmax', () => {
    tf.tidy(() => {
      const x = tf.tensor([0.5, -1, 2]);
      const p = [...tf.softmax(x as tf.Tensor1D).dataSync()];
      close(tf.grad((y) => ops.logSumExp(y))(x), p);
      const first = (y: tf.Tensor) => tf.slice(tf.grad((z) => ops.logSumExp(z))(y), [0], [1]);
      close(tf.grad(first)(x), [p[0]! * (1 - p[0]!), -p[0]! * p[1]!, -p[0]! * p[2]!]);
    });
  });
});

describeOnBackends('stopGradient', () => {
  test('is the identity, of any type, with zero gradients of both orders', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        expect(ops.stopGradient([1, 2]).arraySync()).toEqual([1, 2]);
        expect(ops.stopGradient(tf.tensor([true, false])).dtype).toBe('bool');
        const f = (x: tf.Tensor) => tf.sum(tf.mul(tf.square(x), ops.stopGradient(x)));
        // x^2 c with c = x held fixed: 2 x c, then 2 c.
        expect(tf.grad(f)(tf.tensor([3])).arraySync()).toEqual([18]);
        expect(tf.grad((x) => tf.sum(tf.grad(f)(x)))(tf.tensor([3])).arraySync()).toEqual([6]);
      }),
    );
  });
});

describeOnBackends('safeWhere', () => {
  test('keeps the gradient of the branch not taken from spoiling the one taken', () => {
    tf.tidy(() => {
      const x = tf.tensor([-1, 0, 4]);
      const unsafe = tf.grad((y) => tf.sum(tf.where(tf.greater(y, 0), tf.sqrt(y), tf.zerosLike(y))))(x);
      expect(unsafe.arraySync()).toContainEqual(Number.NaN); // or there is no need for this op
      const f = (y: tf.Tensor) => ops.safeWhere(tf.greater(y, 0), y, tf.sqrt, 0);
      expect(f(x).arraySync()).toEqual([0, 0, 2]);
      expect(tf.grad((y) => tf.sum(f(y)))(x).arraySync()).toEqual([0, 0, 0.25]);
      const other = tf.grad((y) => tf.sum(ops.safeWhere(tf.greater(y, 0), y, tf.sqrt, tf.mul(y, 3))))(x);
      expect(other.arraySync()).toEqual([3, 3, 0.25]);
    });
  });
});
