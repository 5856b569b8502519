/** @file Tracing before tfjs has chosen a backend, or while it is starting one. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import { interpret } from '../../src/graph/interpret.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';

const options = { inputs: [{ shape: [2] }], valueAndGrad: true };

test('no backend is needed to trace', () => {
  expect(tf.engine().backendNames()).toEqual([]);
  const graph = traceGraph((x) => tf.sum(tf.mul(x, tf.tensor1d([3, 4]))), options);
  expect([...interpret(graph, [[1, 2]]).gradients[0]!]).toEqual([3, 4]);
  expect(tf.engine().backendNames()).toEqual([]);
  expect(tf.getBackend()).toBeNull();
});

test('nor to check, which is done by tracing again', () => {
  let calls = 0;
  const point = [[1, 2]];
  traceGraph((x) => (calls++, tf.sum(tf.exp(x))), { ...options, point });
  expect(calls).toBe(3);
  expect(() => traceGraph((x) => tf.sum(tf.mul(x, ++calls)), { ...options, point })).toThrow(/two traces of it differ/);
});

test('a backend that is still starting is named', async () => {
  tf.registerBackend('slow', () => new Promise(() => {}));
  void tf.setBackend('slow');
  expect(() => traceGraph((x) => tf.sum(x), options)).toThrow(/"slow" is still starting: await tf.ready\(\) first/);
});
