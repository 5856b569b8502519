/** @file tfjs-layers with tfjs-core alone, as a user has it who does not import the umbrella package. */
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import { mendChainedMethods } from '../../src/backend/mends/chainedMethods.ts';
import { ready } from '../../src/backend/ready.ts';

const methods = tf.Tensor.prototype as unknown as Record<string, ((...args: unknown[]) => tf.Tensor) | undefined>;

beforeAll(() => ready({ backend: 'wasm' }));

test.each(['lstm', 'gru', 'simpleRNN'] as const)('%s builds with its default initialisers', (kind) => {
  const build = () => {
    const net = sequential({ layers: [layers[kind]({ units: 3, inputShape: [4, 2] })] });
    const shape = tf.tidy(() => (net.predict(tf.ones([5, 4, 2])) as tf.Tensor).shape);
    net.dispose();
    return shape;
  };
  const own = methods['flatten'];
  delete methods['flatten'];
  expect(build).toThrow(/flatten is not a function/); // tfjs as it is
  mendChainedMethods();
  expect(methods['flatten']).not.toBe(own);
  expect(build()).toEqual([5, 3]);
});

test('methods are the functions of their names', () => {
  tf.tidy(() => {
    const x = tf.tensor2d([[1, -2], [3, 4]]);
    const values = (y: unknown) => [...(y as tf.Tensor).dataSync()];
    const call = (name: string, ...args: unknown[]) => values(methods[name]?.call(x, ...args));
    expect(call('add', 1)).toEqual([2, -1, 4, 5]);
    expect(call('matMul', x, true)).toEqual(values(tf.matMul(x, x, true)));
    expect(call('sum', 1)).toEqual([-1, 7]);
    expect(call('flatten')).toEqual([1, -2, 3, 4]);
    expect(call('stridedSlice', [0, 0], [2, 2], [1, 2])).toEqual([1, 3]);
  });
});

test('methods that are there stay, and none is enumerable', () => {
  const own = () => tf.scalar(0);
  const before = methods['neg'];
  Object.defineProperty(methods, 'neg', { value: own, configurable: true, writable: true });
  mendChainedMethods();
  expect(methods['neg']).toBe(own);
  Object.defineProperty(methods, 'neg', { value: before, configurable: true, writable: true });
  const shown: string[] = [];
  // eslint-disable-next-line guard-for-in
  for (const key in tf.Tensor.prototype) shown.push(key);
  expect(shown).not.toContain('flatten');
});
