import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { derivative, gradient, relativeError, roughGradient } from './finiteDifference.ts';
import { expectNoLeak } from './leak.ts';

describe('expectNoLeak', () => {
  test('passes and returns for tidy code, sync and async', async () => {
    expect(expectNoLeak(() => tf.tidy(() => tf.add(1, 2).dataSync()[0]))).toBe(3);
    expect(await expectNoLeak(async () => Promise.resolve(4))).toBe(4);
    const kept = expectNoLeak(() => tf.scalar(1), 1);
    kept.dispose();
  });

  test('fails for leaks, sync, async and thrown', async () => {
    const leaked: tf.Tensor[] = [];
    const leak = () => leaked.push(tf.scalar(1));
    expect(() => expectNoLeak(leak)).toThrow(/tensor leak: expected 0 .* found 1/);
    await expect(expectNoLeak(async () => Promise.resolve(leak()))).rejects.toThrow(/tensor leak/);
    const boom = () => {
      leak();
      throw new Error('boom');
    };
    expect(() => expectNoLeak(boom)).toThrow(/tensor leak.*boom/);
    await expect(expectNoLeak(async () => Promise.resolve().then(boom))).rejects.toThrow(/tensor leak.*boom/);
    tf.dispose(leaked);
  });

  test('throws on what tidy code throws', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    expect(() => expectNoLeak(boom)).toThrow(/^boom$/);
    await expect(expectNoLeak(() => Promise.resolve().then(boom))).rejects.toThrow(/^boom$/);
  });
});

test('derivatives by differences are what calculus says', () => {
  expect(relativeError(derivative(Math.exp, 1), Math.E)).toBeLessThan(1e-10);
  expect(relativeError(derivative(Math.log, 0.3), 1 / 0.3)).toBeLessThan(1e-10);
  expect(relativeError(derivative(Math.sin, 100, 0.5), Math.cos(100))).toBeLessThan(1e-10);
  const f = (x: number[]) => x[0]! ** 2 * x[1]!;
  expect(gradient(f, [3, 5])[0]).toBeCloseTo(30, 8);
  expect(gradient(f, [3, 5])[1]).toBeCloseTo(9, 8);
  expect(roughGradient(f, [3, 5])[1]).toBeCloseTo(9, 5);
});
