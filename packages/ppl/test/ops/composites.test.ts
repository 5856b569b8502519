import * as tf from '@tensorflow/tfjs-core';
import * as ops from '../../src/ops/index.ts';
import { describeOnBackends } from '../helpers/backends.ts';
import { gradient } from '../helpers/finiteDifference.ts';
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
        expect(ops.logSumExp(tf.zeros([2, 0]), 1).arraySync()).toEqual([-Infinity, -Infinity]);
        expect(ops.logSumExp(tf.zeros([0, 2]), 1, true).shape).toEqual([0, 1]);
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

describeOnBackends('logSoftmax', () => {
  test('and its first and second derivative', () => {
    expectNoLeak(() =>
      tf.tidy(() => {
        const x = tf.tensor([[0.5, -1, 2], [1, 1, 1]]);
        const p = tf.softmax(x as tf.Tensor2D);
        close(ops.logSoftmax(x), [...tf.log(p).dataSync()]);
        const weights = tf.tensor([[1, 0, 0], [0, 2, 0]]);
        const f = (y: tf.Tensor) => tf.sum(tf.mul(ops.logSoftmax(y), weights));
        close(tf.grad(f)(x), [...tf.sub(weights, tf.mul(p, tf.sum(weights, 1, true))).dataSync()]);
        const [a, b, c] = p.dataSync();
        // Minus the derivative of the first probability.
        const first = (y: tf.Tensor) => tf.slice(tf.grad(f)(y), [0, 0], [1, 1]);
        close(tf.slice(tf.grad(first)(x), [0, 0], [1, 3]), [-a! * (1 - a!), a! * b!, a! * c!]);
      }),
    );
  });
});

describeOnBackends('cumLogSumExp', () => {
  const x = [[0.1, -2, 3], [-1, 0.5, -0.2]];
  const slow = (row: number[], exclusive: boolean, reverse: boolean) =>
    row.map((_, i) =>
      Math.log(row.reduce((sum, v, j) => ((reverse ? j > i : j < i) || (!exclusive && j === i) ? sum + Math.exp(v) : sum), 0)),
    );

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('exclusive %p, reverse %p: value, gradient and no leak', (exclusive, reverse) => {
    const expected = x.flatMap((row) => slow(row, exclusive, reverse));
    const y = expectNoLeak(() => tf.tidy(() => ops.cumLogSumExp(x, -1, { exclusive, reverse }).dataSync()));
    expected.forEach((e, i) => (Number.isFinite(e) ? expect(y[i]).toBeCloseTo(e, 5) : expect(y[i]).toBe(e)));
    const columns = tf.tidy(() => tf.transpose(ops.cumLogSumExp(tf.transpose(x), 0, { exclusive, reverse })).dataSync());
    expect([...columns]).toEqual([...y]);
    const weights = [1, -2, 3, -0.5, 2, 1];
    const total = (flat: number[]) =>
      [flat.slice(0, 3), flat.slice(3)]
        .flatMap((row) => slow(row, exclusive, reverse))
        .reduce((sum, v, i) => sum + (Number.isFinite(v) ? v * weights[i]! : 0), 0);
    const f = (z: tf.Tensor) => {
      const sums = ops.cumLogSumExp(z, -1, { exclusive, reverse });
      return tf.sum(ops.safeWhere(tf.greater(sums, -Infinity), sums, (s) => tf.mul(s, tf.reshape(weights, [2, 3])), 0));
    };
    const g = expectNoLeak(() => tf.tidy(() => tf.grad(f)(tf.tensor(x)).dataSync()));
    gradient(total, x.flat(), 0.1).forEach((e, i) => expect(g[i]).toBeCloseTo(e, 5));
  });

  test('neither overflows nor makes NaN of -Infinity', () => {
    tf.tidy(() => {
      expect([...ops.cumLogSumExp([-Infinity, -Infinity, 1000]).dataSync()]).toEqual([-Infinity, -Infinity, 1000]);
      const g = tf.grad((z) => tf.sum(tf.slice(ops.cumLogSumExp(z), [1], [2])))(tf.tensor([-Infinity, -1000, 1000]));
      expect([...g.dataSync()]).toEqual([0, 1, 1]);
    });
    expect(() => ops.cumLogSumExp(1)).toThrow(/got a scalar/);
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
