/** @file Training steps compiled: value, gradients and update in one program, against optimisers by hand. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers';
import type { CompileOptions } from '../../src/compile.ts';
import { compile, compileGraph, compileSync } from '../../src/compile.ts';
import { sameGraph } from '../../src/graph/sameGraph.ts';
import { CompiledProgram } from '../../src/program/program.ts';
import { compareWithEager } from '../../src/trace/check.ts';
import { data } from '../../src/trace/data.ts';
import type { TraceableFunction, UpdateFunction } from '../../src/trace/recording.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import { discrepancy, uniform } from '../helpers/numbers.ts';
import { expectNoLeak, useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

const [ROWS, COLUMNS] = [20, 7];
// What float32 holds, so that programs in both precisions and tfjs see the same data.
const x = Float64Array.from(uniform(ROWS * COLUMNS, -1, 1, 1), Math.fround);
const y = Float64Array.from(uniform(ROWS, -2, 2, 2), Math.fround);
const [RATE, BETA1, BETA2, EPSILON] = [0.125, 0.875, 0.96875, 2 ** -20];

/** Σ (X w + b - y)² / 2 + Σ w⁴: smooth, and curved everywhere. */
const loss: TraceableFunction = (w, b) => {
  const residual = tf.sub(tf.add(tf.matMul(data(x, [ROWS, COLUMNS]), w!), b!), data(y, [ROWS, 1]));
  return tf.add(tf.mul(0.5, tf.sum(tf.square(residual))), tf.sum(tf.square(tf.square(w!))));
};

/** Parameters, first moments, second moments, the number of steps. */
interface State {
  readonly values: Float64Array[];
  readonly means: Float64Array[];
  readonly squares: Float64Array[];
  steps: number;
}

function gradientByHand([w, b]: readonly Float64Array[]): [number, Float64Array[]] {
  const ofW = Float64Array.from(w!, (value) => 4 * value ** 3);
  const ofB = new Float64Array(1);
  let value = w!.reduce((sum, own) => sum + own ** 4, 0);
  for (let row = 0; row < ROWS; row++) {
    let residual = b![0]! - y[row]!;
    for (let i = 0; i < COLUMNS; i++) residual += x[row * COLUMNS + i]! * w![i]!;
    value += residual ** 2 / 2;
    for (let i = 0; i < COLUMNS; i++) ofW[i] = ofW[i]! + residual * x[row * COLUMNS + i]!;
    ofB[0] = ofB[0]! + residual;
  }
  return [value, [ofW, ofB]];
}

/** Kingma & Ba (2015), algorithm 1. Gives the loss before the step. */
function adamByHand(state: State): number {
  const [value, gradients] = gradientByHand(state.values);
  state.steps++;
  gradients.forEach((gradient, k) => {
    const [values, means, squares] = [state.values[k]!, state.means[k]!, state.squares[k]!];
    gradient.forEach((g, i) => {
      means[i] = BETA1 * means[i]! + (1 - BETA1) * g;
      squares[i] = BETA2 * squares[i]! + (1 - BETA2) * g * g;
      const mean = means[i]! / (1 - BETA1 ** state.steps);
      const square = squares[i]! / (1 - BETA2 ** state.steps);
      values[i] = values[i]! - (RATE * mean) / (Math.sqrt(square) + EPSILON);
    });
  });
  return value;
}

/** The same in tfjs; a step with a gradient that is not finite changes nothing. */
const adam: UpdateFunction = (_, gradients, inputs) => {
  const [steps] = inputs.slice(6);
  const owns = [gradients[0]!, gradients[1]!];
  const isFinite = owns.map((gradient) => tf.less(tf.max(tf.abs(gradient)), Infinity)).reduce((a, b) => tf.logicalAnd(a, b));
  const pick = (next: tf.Tensor, old: tf.Tensor): tf.Tensor => tf.where(tf.broadcastTo(isFinite, old.shape), next, old);
  const next = tf.add(steps!, 1);
  const updates = owns.map((g, k) => {
    const [value, mean, square] = [inputs[k]!, inputs[2 + k]!, inputs[4 + k]!];
    const newMean = tf.add(tf.mul(BETA1, mean), tf.mul(1 - BETA1, g));
    const newSquare = tf.add(tf.mul(BETA2, square), tf.mul(1 - BETA2, tf.square(g)));
    const [m, s] = [tf.div(newMean, tf.sub(1, tf.pow(BETA1, next))), tf.div(newSquare, tf.sub(1, tf.pow(BETA2, next)))];
    const newValue = tf.sub(value, tf.div(tf.mul(RATE, m), tf.add(tf.sqrt(s), EPSILON)));
    return [pick(newValue, value), pick(newMean, mean), pick(newSquare, square)];
  });
  return [...updates.flat(), pick(next, steps!)];
};

const shapes = [[COLUMNS, 1], [1]];
const inputs = [...shapes, ...shapes, ...shapes, []].map((shape, i) => ({ shape, grad: i < 2 }));
const ADAM: CompileOptions = { inputs, valueAndGrad: true, update: adam, carry: [0, 2, 4, 1, 3, 5, 6], relaxedSimd: false };

function startOf(program: CompiledProgram): State {
  const start = Float64Array.from(uniform(COLUMNS, -1, 1, 3), Math.fround);
  program.inputs.forEach((_, i) => program.inputView(i).fill(0));
  program.inputView(0).set(start);
  return { values: [start, new Float64Array(1)], means: shapes.map(([n]) => new Float64Array(n!)), squares: shapes.map(([n]) => new Float64Array(n!)), steps: 0 };
}

function expectState(program: CompiledProgram, { values, means, squares, steps }: State, tolerance: number): void {
  [...values, ...means, ...squares].forEach((own, i) => expect(discrepancy(program.inputView(i), own)).toBeLessThan(tolerance));
  expect(program.inputView(6)[0]).toBe(steps);
}

test.each([
  ['float64', 1e-12],
  ['float32', 1e-5],
] as const)('fifty steps of Adam in %s', async (precision, tolerance) => {
  const program = await compile(loss, { ...ADAM, precision });
  const state = startOf(program);
  for (let i = 0; i < 50; i++) {
    const value = adamByHand(state);
    program.execute();
    expect(Math.abs(program.outputView(0)[0]! - value)).toBeLessThan(tolerance * Math.max(1, value));
    expectState(program, state, tolerance);
  }
  // It got somewhere.
  expect(program.outputView(0)[0]).toBeLessThan(0.9 * gradientByHand([Float64Array.from(uniform(COLUMNS, -1, 1, 3)), new Float64Array(1)])[0]);
});

test('programs from bytes go on from where they are put', () => {
  const program = compileSync(loss, ADAM);
  const state = startOf(program);
  for (let i = 0; i < 10; i++) program.execute();
  const loaded = CompiledProgram.fromBytes(program.toBytes());
  program.inputs.forEach((_, i) => loaded.inputView(i).set(program.inputView(i)));
  for (let i = 0; i < 10; i++) loaded.execute();
  for (let i = 0; i < 20; i++) adamByHand(state);
  expectState(loaded, state, 1e-12);
});

test('steps take no memory and no tensors', () => {
  const program = compileSync(loss, ADAM);
  startOf(program);
  const bytes = program.inputView(0).buffer.byteLength;
  expectNoLeak(() => {
    for (let i = 0; i < 10_000; i++) program.execute();
  });
  expect(program.inputView(0).buffer.byteLength).toBe(bytes);
  expect(program.inputView(6)[0]).toBe(10_000);
  expectNoLeak(() => compileSync(loss, ADAM));
});

test('a step is not made where a gradient is not finite', () => {
  const program = compileSync(loss, ADAM);
  startOf(program);
  program.execute();
  program.inputView(0)[3] = 1e200;
  const before = program.inputs.map((_, i) => [...program.inputView(i)]);
  program.execute();
  expect(program.inputs.map((_, i) => [...program.inputView(i)])).toEqual(before);
});

test('run gives new values, and leaves them as arguments', () => {
  const halve: UpdateFunction = ([value], [gradient], [at]) => [tf.sub(at!, tf.mul(0.5, gradient!)), tf.add(value!, 1), gradient!];
  const program = compileSync((at) => tf.sum(tf.square(tf.square(at))), {
    inputs: [{ shape: [2] }, { shape: [2], grad: false }],
    valueAndGrad: true,
    update: halve,
    carry: [0, null, 1],
  });
  const { outputs, gradients } = program.run([1, 2], [5, 5]);
  expect(outputs.map((values) => [...values])).toEqual([[17], [-1, -14], [18], [4, 32]]);
  expect(gradients).toEqual([null, null]);
  expect([[...program.inputView(0)], [...program.inputView(1)]]).toEqual([[-1, -14], [4, 32]]);
});

test('whole numbers and truth values are kept', () => {
  const update: UpdateFunction = (_, __, [, count, isOdd]) => [tf.add(count!, tf.scalar(1, 'int32')), tf.logicalNot(isOdd!)];
  const program = compileSync((at, count) => tf.sum(tf.mul(at, tf.cast(count!, 'float32'))), {
    inputs: [{ shape: [], dtype: 'float32' }, { shape: [], dtype: 'int32' }, { shape: [2], dtype: 'bool' }],
    precision: 'float32',
    valueAndGrad: true,
    update,
    carry: [1, 2],
  });
  program.inputView(0)[0] = 1;
  program.inputView(1)[0] = 2 ** 24 - 1001;
  program.inputView(2).set([0, 1]);
  for (let i = 0; i < 1001; i++) program.execute();
  expect([program.outputView(0)[0], program.inputView(1)[0], [...program.inputView(2)]]).toEqual([2 ** 24 - 1, 2 ** 24, [1, 0]]);
});

test('the update is compared with eager evaluation', () => {
  let calls = 0;
  const options = { inputs: [{ shape: [2] }], valueAndGrad: true, carry: [0] } as const;
  const changing: UpdateFunction = (_, [gradient]) => [tf.add(gradient!, ++calls)];
  expect(() => compileSync((at) => tf.sum(at), { ...options, update: changing })).toThrow(/entry 0 of result 0 of update is 2 by the graph and 3 by eager/);
  // An input that the value does not depend on has a gradient of zeros.
  const unused: UpdateFunction = (_, gradients) => [tf.add(gradients[0]!, gradients[1]!)];
  const two = { inputs: [{ shape: [2] }, { shape: [2] }], valueAndGrad: true, carry: [1] } as const;
  expect([...compileSync((at) => tf.sum(at), { ...two, update: unused }).run([1, 2], [3, 4]).outputs[1]!]).toEqual([1, 1]);
});

test('tracing, compiling and comparing, one after another', () => {
  const options = { inputs, valueAndGrad: true, update: adam };
  const graph = traceGraph(loss, options);
  expect(graph.gradients.every((gradient) => gradient === null)).toBe(true);
  expect(sameGraph(graph, traceGraph(loss, options))).toBe(true);
  expect(sameGraph(graph, traceGraph(loss, { ...options, update: (...args) => adam(...args).toReversed() }))).toBe(false);
  const program = compileGraph(graph, { precision: 'float32', relaxedSimd: false, carry: ADAM.carry! });
  const point = inputs.map(({ shape }, i) => uniform(shape.reduce((size, n) => size * n, 1), 0.5, 1, i));
  expectNoLeak(() => compareWithEager(loss, { ...options, point }, graph, (values) => program.run(...values)));
  const wrong = { outputs: [], gradients: [] };
  expect(() => compareWithEager(loss, { ...options, point }, graph, (values) => ({ ...wrong, outputs: program.run(...values).outputs.map((own) => own.map((z) => z + 1)) }))).toThrow(/output 0/);
});

describe('mistakes are named', () => {
  const options: CompileOptions = { inputs: [{ shape: [2] }, { shape: [3], grad: false }, { shape: [2], dtype: 'int32' }], valueAndGrad: true };
  const update: UpdateFunction = (_, [gradient]) => [gradient!, tf.tile(gradient!, [2])];
  test.each<[string, Partial<CompileOptions>, RegExp]>([
    ['no gradients', { valueAndGrad: false, update }, /update is given gradients, so it needs valueAndGrad: true/],
    ['no function', { update: 3 as unknown as UpdateFunction }, /update must be a function.*got number/],
    ['a carry too few', { update, carry: [0] }, /each of the 2 results of update, got 1/],
    ['a carry without update', { carry: [0] }, /each of the 0 results of update, got 1/],
    ['another shape', { update, carry: [null, 1] }, /carry\[1\]: a result of shape \[4\].*argument 1, which has shape \[3\]/],
    ['another type', { update, carry: [2, null] }, /carry\[0\]: a result of shape \[2\] and type float.*type int/],
    ['no argument', { update, carry: [7, null] }, /carry\[0\] must be the index of an argument, or null, got 7/],
    ['twice', { update: (_, [gradient]) => [gradient!, gradient!], carry: [0, 0] }, /carry\[1\]: another result takes the place of argument 0/],
    ['nothing', { update: () => [] }, /update gave an empty array/],
    ['a promise', { update: (async () => []) as unknown as UpdateFunction }, /update gave a promise/],
  ])('%s', (_, more, message) => {
    expectNoLeak(() => expect(() => compileSync((at) => tf.sum(at), { ...options, ...more })).toThrow(message));
  });

  test('more carries than a graph has results', () => {
    const graph = traceGraph((at) => tf.sum(at), { inputs: [{ shape: [] }] });
    expect(() => compileGraph(graph, { carry: [0, null] })).toThrow(/carry has 2 entries, and there are 1 results/);
    expect(() => compileGraph(graph, { carried: [0] } as unknown as CompileOptions)).toThrow(/unknown option "carried"/);
  });
});
