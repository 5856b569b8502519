/** @file Graphs against eager code: float32's faults are forgiven, others are found. */
import * as tf from '@tensorflow/tfjs-core';
import { interpret } from '../../src/graph/interpret.ts';
import { compileGraph } from '../../src/compile.ts';
import { compareWithEager } from '../../src/trace/check.ts';
import type { RunAt } from '../../src/trace/check.ts';
import { data } from '../../src/trace/data.ts';
import { traceScan } from '../../src/trace/scan.ts';
import type { ScanStep } from '../../src/trace/scanBody.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import { uniform } from '../helpers/numbers.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

interface Case {
  readonly fn: TraceableFunction;
  readonly point: readonly number[];
}

/** Traces, and compares what the graph gives, changed if so asked, with eager code. */
function check({ fn, point }: Case, change: (value: number) => number = (value) => value): void {
  const options = { inputs: [{ shape: [point.length] }], valueAndGrad: true };
  const graph = traceGraph(fn, options);
  compareWithEager(fn, { ...options, point: [point] }, graph, (inputs) => {
    const { outputs, gradients } = interpret(graph, inputs);
    return { outputs: outputs.map((values) => values.map(change)), gradients };
  });
}

/** The greatest relative error of eager code. */
function errorOf({ fn, point }: Case): number {
  const graph = traceGraph(fn, { inputs: [{ shape: [point.length] }] });
  const exact = interpret(graph, [Float32Array.from(point)]).outputs[0]![0]!;
  const eager = tf.tidy(() => (fn(tf.tensor1d([...point])) as tf.Tensor).dataSync()[0]!);
  return Math.abs(eager - exact) / Math.max(1, Math.abs(exact));
}

/** A regression on predictors that nobody centred, where a small difference of great numbers is left. */
const unscaled: Case = {
  fn: (beta) => {
    const n = 200;
    const x = data(Float64Array.from(uniform(n, 0, 1, 1), (u) => 1e7 + u));
    const residual = tf.sub(tf.add(tf.mul(x, tf.slice(beta, 0, 1)), tf.slice(beta, 1, 1)), tf.scalar(3));
    return tf.mul(-0.5, tf.sum(tf.square(tf.mul(residual, 10))));
  },
  point: [1, -1e7],
};

/** Many terms of which hardly anything is left. */
const cancelling: Case = {
  fn: (x) => {
    const terms = Float64Array.from(uniform(1e4, -1, 1, 2), (u, i) => (i % 2 === 0 ? 3e4 + u : -3e4 + u));
    return tf.sum(tf.mul(data(terms), tf.sum(x)));
  },
  point: [1.37],
};

describe.each([
  ['a regression on unscaled predictors', unscaled],
  ['a sum with cancellation', cancelling],
])('%s', (_, of) => {
  test('is so ill-conditioned that eager code is wrong', () => expect(errorOf(of)).toBeGreaterThan(2e-3));
  test('passes', () => check(of));
  test('but not if the program differs', () => {
    expect(() => check(of, (value) => value * (1 + 1e-4) + 1e-3)).toThrow(/entry 0 of output 0/);
  });
});

test('what float32 cannot hold passes: overflow, and singularities that it steps over', () => {
  check({ fn: (x) => tf.log(tf.sum(tf.exp(x))), point: [100, 3] });
  check({ fn: (x) => tf.sum(tf.div(tf.square(tf.exp(x)), tf.square(tf.exp(x)))), point: [50] });
  // 1 + 1e-9 - 1: nothing in float32.
  check({ fn: (x) => tf.sum(tf.log(tf.sub(tf.add(x, data([1e-9])), x))), point: [1] });
});

test('a program that stays in the range of floats where the function as written does not passes', () => {
  const powers: Case = { fn: (x) => tf.sum(tf.log(tf.exp(tf.mul(x, 40)))), point: [-30, -20] };
  check(powers, () => -2000);
  expect(() => check(powers, () => Number.NaN)).toThrow(/is NaN by the graph and -Infinity by eager/);
  expect(() => check({ ...powers, point: [-1, -2] }, () => -2000)).toThrow(/is -2000 by the graph and -120/);
});

test('infinities and NaN on both sides agree', () => {
  check({ fn: (x) => tf.sum(tf.log(tf.sub(x, x))), point: [1] });
  check({ fn: (x) => tf.sum(tf.sqrt(x)), point: [-1] });
  expect(() => check({ fn: (x) => tf.sum(x), point: [1] }, () => Number.NaN)).toThrow(/is NaN by the graph and 1 by eager/);
});

test('programs in float32 have float32 errors of their own', () => {
  const options = { inputs: [{ shape: [2] }], point: [unscaled.point] };
  const graph = traceGraph(unscaled.fn, { inputs: options.inputs });
  const single = (factor: number) => (inputs: readonly ArrayLike<number>[]) => {
    const { outputs } = interpret(graph, inputs, { precision: 'float32' });
    return { outputs: outputs.map((values) => Float32Array.from(values, (x) => factor * x)), gradients: [] };
  };
  compareWithEager(unscaled.fn, options, graph, single(1));
  expect(() => compareWithEager(unscaled.fn, options, graph, single(100))).toThrow(/output 0/);
});

/** Compares a program of 200^3 products of numbers around ±`size`, changed as asked, with eager code. */
function checkProduct(size: number, change: (value: number) => number): void {
  const point = Float32Array.from(uniform(4e4, -1, 1, 3), (u, i) => (i % 2 === 0 ? size : -size) + u);
  const fn: TraceableFunction = (x) => tf.matMul(tf.reshape(x, [200, 200]), data(new Float64Array(4e4).fill(1.1), [200, 200]));
  const options = { inputs: [{ shape: [point.length] }], point: [point] };
  const graph = traceGraph(fn, { inputs: options.inputs });
  const exactly: RunAt = (inputs) => compileGraph(graph, { precision: 'float64' }).run(...inputs);
  const run: RunAt = (inputs) => ({ outputs: exactly(inputs).outputs.map((values) => Float32Array.from(values, change)), gradients: [] });
  compareWithEager(fn, options, graph, run, exactly);
}

test('what is too large to be interpreted may differ where a nudge of its inputs makes a difference, and nowhere else', () => {
  // Sums of 200 terms, of a standard deviation of 1.1 sqrt(200 / 3) = 9; a nudge moves them by 1.1 sqrt(200) 2^-17 = 1.2e-4 of `size`.
  checkProduct(3e6, (sum) => sum + 5);
  expect(() => checkProduct(3e6, (sum) => sum + 1e5)).toThrow(/output 0/);
  checkProduct(3, (sum) => sum + 0.1);
  expect(() => checkProduct(3, (sum) => sum + 5)).toThrow(/output 0/);
});

test('a function that changes is found where float32 is good enough', () => {
  let calls = 0;
  const fn: TraceableFunction = (x) => tf.sum(tf.add(tf.exp(x), 0.01 * ++calls));
  expect(() => check({ fn, point: [1, 2] })).toThrow(/anything that changes from call to call/);
});

test('functions with long loops are not run eagerly, but still found out', () => {
  let [calls, offset] = [0, 0];
  const fn: TraceableFunction = (x) => {
    calls++;
    const step: ScanStep = ([c]) => ({ carries: [tf.sin(tf.add(c!, offset))], results: [] });
    return tf.sum(traceScan(step, [x], [], { length: 1e5 }).carries[0]!);
  };
  const options = { inputs: [{ shape: [2] }], valueAndGrad: true, point: [[1, 2]] };
  // traceScan works while tracing only: an eager run would fail.
  expectNoLeak(() => traceGraph(fn, options));
  expect(calls).toBe(3);
  const changing: TraceableFunction = (x) => ((offset = calls / 8), fn(x));
  expect(() => traceGraph(changing, options)).toThrow(/two traces of it differ/);
});
