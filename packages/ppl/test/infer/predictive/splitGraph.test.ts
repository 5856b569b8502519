/** @file Graphs in two: together they compute what one does, and what draws share is not in the second. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { captureInput, interpret, traceGraph } from '@tychejs/jit';
import type { Graph } from '@tychejs/jit';
import { ops, ready } from '@tychejs/ppl';
import { splitGraph } from '../../../src/infer/draws/splitGraph.ts';

beforeAll(() => ready({ backend: 'cpu' }));

/** The graph of a function of data [3, 2] and of a draw [2], and of noise [2]. */
const graphOf = (fn: (data: Tensor, draw: Tensor, noise: Tensor) => Tensor[]): Graph => {
  const noise = (): Tensor => captureInput(Float64Array.of(0.3, -0.7), [2], 'float32', 'noise') as Tensor;
  return traceGraph((data, draw) => fn(data!, draw!, noise()), { inputs: [{ shape: [3, 2], grad: false }, { shape: [2], grad: false }] });
};

const CASES: Record<string, { fn: (data: Tensor, draw: Tensor, noise: Tensor) => Tensor[]; once: string[]; shared: number }> = {
  'a product of the data': { fn: (x, z, e) => [tf.add(tf.mul(z, e), tf.sum(tf.exp(x)))], once: ['unary', 'reduce'], shared: 1 },
  'a result that all draws have': { fn: (x, z, e) => [tf.neg(x), tf.add(z, e)], once: ['unary'], shared: 1 },
  'arguments that are results': { fn: (x, z, e) => [tf.clone(x), tf.clone(z), tf.clone(e)], once: [], shared: 0 },
  'views, which are left': { fn: (x, z, e) => [tf.add(tf.transpose(tf.reshape(tf.exp(x), [2, 3])), tf.mul(z, e))], once: ['unary'], shared: 1 },
  'nothing but views': { fn: (x, z, e) => [tf.add(tf.slice(x, [0, 0], [1, 2]), tf.mul(z, e))], once: [], shared: 0 },
  'one for two': {
    fn: (x, z, e) => {
      const shared = tf.exp(x);
      return [tf.mul(shared, z), tf.mul(shared, e), tf.log1p(shared)];
    },
    once: ['unary', 'unary'],
    shared: 2,
  },
  'a loop over the data': {
    fn: (x, z, e) => {
      const [, path] = ops.scan((state: Tensor, row: Tensor) => [tf.sin(tf.add(state, row)), state], tf.zeros([2]), x);
      return [tf.add(tf.mul(path, z), e)];
    },
    once: ['loop', 'item'],
    shared: 1,
  },
  'a loop over draws': {
    fn: (x, z, e) => {
      const [last] = ops.scan((state: Tensor, row: Tensor) => [tf.add(tf.mul(state, z), row), null], tf.zeros([2]), tf.exp(x));
      return [tf.add(last, e)];
    },
    once: ['unary'],
    shared: 1,
  },
};

test.each(Object.keys(CASES))('%s', (name) => {
  const { fn, once: operations, shared } = CASES[name]!;
  const graph = graphOf(fn);
  const { once, each } = splitGraph(graph, (input) => input === 1);
  expect((once?.nodes ?? []).map(({ op }) => op).filter((op) => op !== 'input' && op !== 'constant' && op !== 'broadcast').sort()).toEqual(operations.sort());
  expect(each.inputs).toHaveLength(3 + shared);
  const data = [0.1, -0.4, 1.2, 0.7, -0.9, 0.2];
  const draw = [1.5, -0.5];
  const made = once === null ? [] : interpret(once, [data, draw]).outputs;
  const { outputs } = interpret(each, [data, draw, ...made]);
  expect(outputs).toEqual(interpret(graph, [data, draw]).outputs);
  // Other data change nothing but what was computed from them before.
  const varied = interpret(each, [data, [2, 3], ...made]).outputs;
  expect(varied).toEqual(interpret(graph, [data, [2, 3]]).outputs);
});

test('what may vary is in no graph for all draws', () => {
  const graph = graphOf((x, z, e) => [tf.add(tf.exp(x), tf.mul(tf.exp(z), tf.exp(e)))]);
  expect(splitGraph(graph, () => true).once).toBeNull();
  const { once } = splitGraph(graph, () => false);
  expect(once!.outputs).toHaveLength(2);
});
