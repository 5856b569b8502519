/** @file Draws in functions that are compiled: inputs of the program, never constants of it. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { interpret, traceGraph } from '@tychejs/jit';
import { ready } from '../../src/backend/ready.ts';
import * as dist from '../../src/distributions/index.ts';
import { RandomStream } from '../../src/random/stream.ts';
import * as random from '../../src/random/tensors.ts';
import { expectNoLeak } from '../helpers/leak.ts';

beforeAll(() => ready({ backend: 'cpu' }));

const stream = (): RandomStream => RandomStream.fromSeed(5);
const scalar = { inputs: [{ shape: [] }] };

test.each<[string, (from: RandomStream) => Tensor]>([
  ['normal', (from) => random.normalTensor(from, [2, 3])],
  ['uniform', (from) => random.uniformTensor(from, [4])],
  ['exponential', (from) => random.exponentialTensor(from, [])],
  ['gamma', (from) => random.gammaTensor(from, tf.tensor1d([0.5, 3]))],
  ['logGamma', (from) => random.logGammaTensor(from, tf.tensor1d([0.01]))],
  ['poisson', (from) => random.poissonTensor(from, tf.tensor1d([3, 20]))],
  ['binomial', (from) => random.binomialTensor(from, tf.tensor1d([9]), tf.tensor1d([0.3]))],
  ['bernoulli', (from) => random.bernoulliTensor(from, tf.tensor1d([0.3, 0.9]))],
  ['categorical', (from) => random.categoricalTensor(from, { probs: tf.tensor1d([1, 2, 3]) }, [5])],
])('%s draws are captured as they would be eagerly', (label, draw) => {
  const graph = expectNoLeak(() => traceGraph((x) => [x, draw(stream())], scalar));
  const eager = tf.tidy(() => draw(stream()));
  expect(graph.inputs).toHaveLength(2);
  expect(graph.inputs[1]).toMatchObject({ shape: eager.shape, dtype: eager.dtype === 'int32' ? 'int' : 'float', captured: { label } });
  expect([...interpret(graph, [[0]]).outputs[1]!]).toEqual([...eager.dataSync()]);
  eager.dispose();
});

test('a distribution with parameters that are not known yet draws, where it does so by shift and scale', () => {
  const graph = traceGraph((mu) => dist.normal(mu, 2).sample([], stream()), { ...scalar, point: [[3]] });
  const [captured] = graph.inputs.slice(1);
  expect(interpret(graph, [[3]]).outputs[0]![0]).toBeCloseTo(3 + 2 * captured!.captured!.values[0]!, 6);
});

test('a draw that needs a value which is not known yet is refused, with the cure', () => {
  const message = /gamma draw needs the value of its parameter of shape \[2\].*Condition or substitute the site/s;
  expect(() => expectNoLeak(() => traceGraph((a) => random.gammaTensor(stream(), a), { inputs: [{ shape: [2] }] }))).toThrow(message);
});
