/** @file Draws in traced functions: inputs that nobody declared. */
import * as tf from '@tensorflow/tfjs-core';
import { interpret } from '../../src/graph/interpret.ts';
import { captureInput, isTraced } from '../../src/trace/capture.ts';
import { traceScan } from '../../src/trace/scan.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

/** Draws that go through the gate, other ones at each call. */
function drawing(): (count: number, label?: string) => tf.Tensor {
  let calls = 0;
  return (count, label = 'draws') => {
    const values = Float32Array.from({ length: count }, () => ++calls / 8);
    return captureInput(values, [count], 'float32', label) ?? tf.tensor1d(values);
  };
}

test('eagerly nothing is captured', () => {
  expect(captureInput(Float32Array.of(1), [1], 'float32', 'draws')).toBeNull();
  expectNoLeak(() => tf.tidy(() => expect(isTraced(tf.scalar(1))).toBe(false)));
});

test('while tracing, draws are inputs after those declared, with their values as defaults', () => {
  const draw = drawing();
  const fn: TraceableFunction = (x, y) => tf.sum(tf.add(tf.mul(x, draw(2)), tf.mul(y, draw(2, 'more'))));
  const graph = expectNoLeak(() => traceGraph(fn, { inputs: [{ shape: [2] }, { shape: [] }], valueAndGrad: true }));
  expect(graph.inputs).toEqual([
    { shape: [2], dtype: 'float' },
    { shape: [], dtype: 'float' },
    { shape: [2], dtype: 'float', captured: { label: 'draws', values: Float64Array.of(0.125, 0.25) } },
    { shape: [2], dtype: 'float', captured: { label: 'more', values: Float64Array.of(0.375, 0.5) } },
  ]);
  const byDefault = interpret(graph, [[1, 2], [10]]);
  expect([...byDefault.outputs[0]!]).toEqual([0.125 + 0.5 + 3.75 + 5]);
  expect(byDefault.gradients.map((values) => values && [...values])).toEqual([[0.125, 0.25], [0.875], null, null]);
  expect([...interpret(graph, [[1, 2], [10], [0, 1], [1, 1]]).outputs[0]!]).toEqual([22]);
  expect(() => interpret(graph, [[1, 2]])).toThrow('takes 2 inputs, got 1');
  expect(() => interpret(graph, [[1, 2], [10], [0]])).toThrow('input 2 has shape [2], got 1 values');
});

test('of ints too', () => {
  const fn: TraceableFunction = (x) => tf.gather(x, captureInput(Int32Array.of(2, 0), [2], 'int32', 'index')!);
  const graph = traceGraph(fn, { inputs: [{ shape: [3] }] });
  expect([...interpret(graph, [[5, 6, 7]]).outputs[0]!]).toEqual([7, 5]);
});

describe('the check at a point', () => {
  const options = { inputs: [{ shape: [2] }], point: [[1, 2]] };

  test('gives eager code the draws that were captured', () => {
    const draw = drawing();
    expectNoLeak(() => traceGraph((x) => tf.mul(tf.add(x, draw(2)), draw(2)), options));
    // And only while it runs.
    expect(captureInput(Float32Array.of(1), [1], 'float32', 'draws')).toBeNull();
  });

  test('finds draws that are not the same in every call', () => {
    const draw = drawing();
    let calls = 0;
    const growing: TraceableFunction = (x) => tf.add(x, tf.sum(draw(++calls)));
    expect(() => traceGraph(growing, options)).toThrow(/made a draw of draws of shape \[1\], and then a draw of draws of shape \[2\]/);
    calls = 0;
    const more: TraceableFunction = (x) => (++calls === 1 ? x : tf.add(x, draw(2)));
    expect(() => traceGraph(more, options)).toThrow(/made no more draws, and then a draw of draws of shape \[2\]/);
  });
});

test('a scan cannot draw, since all of its steps would draw the same', () => {
  const draw = drawing();
  const fn: TraceableFunction = (x) =>
    traceScan(([c]) => ({ carries: [tf.add(c!, draw(2, 'normal'))], results: [] }), [x], [], { length: 3 }).carries[0]!;
  expect(() => traceGraph(fn, { inputs: [{ shape: [2] }] })).toThrow(/body of a scan draws random numbers \(normal\).*scan over the draws/);
});

test('what depends on the inputs is known to', () => {
  traceGraph((x) => {
    expect([x, tf.exp(x), tf.scalar(1), tf.zerosLike(x)].map(isTraced)).toEqual([true, true, false, false]);
    return x;
  }, { inputs: [{ shape: [2] }] });
});
