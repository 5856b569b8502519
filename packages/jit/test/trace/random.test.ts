/** @file Random programs of tfjs ops: their graphs against eager tfjs, and their gradients against differences. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import { expectAgreement, expectTrueGradient, floats } from '../helpers/agree.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

/** A step of a program: which operation, on which earlier values, with which parameter. */
interface Step {
  readonly operation: number;
  readonly a: number;
  readonly b: number;
  readonly k: number;
}

/** What a step may do: smooth, and bounded where its operand is, so that float32 and differences can follow. */
const OPERATIONS: readonly ((a: tf.Tensor, b: tf.Tensor, k: number) => tf.Tensor)[] = [
  // Entry by entry.
  (a) => tf.tanh(a),
  (a) => tf.sigmoid(a),
  (a) => tf.softplus(a),
  (a) => tf.sin(a),
  (a) => tf.exp(tf.tanh(a)),
  (a) => tf.log1p(tf.square(a)),
  (a) => tf.sqrt(tf.add(tf.square(a), 0.5)),
  (a) => tf.erf(a),
  (a, b, k) => aligned(a, b, k, (x, y) => tf.add(x, y)),
  (a, b, k) => aligned(a, b, k, (x, y) => tf.sub(x, tf.mul(y, 0.3))),
  (a, b, k) => aligned(a, b, k, (x, y) => tf.mul(tf.tanh(x), y)),
  (a, b, k) => aligned(a, b, k, (x, y) => tf.div(x, tf.add(tf.square(y), 1.5))),
  (a, b, k) => aligned(a, b, k, (x, y) => tf.where(mask(x, k), x, tf.mul(y, 2))),
  // Of one shape: tfjs's gradient forgets to sum over what was broadcast.
  (a) => tf.squaredDifference(tf.tanh(a), tf.mul(a, 0.2)),
  // Moving about.
  (a) => tf.reshape(a, [a.size]),
  (a, _, k) => tf.transpose(a, a.shape.map((__, i) => (i + k) % a.rank)),
  (a, _, k) => tf.reverse(a, axis(a, k)),
  (a, _, k) => tf.slice(a, a.shape.map((n, i) => (i === axis(a, k) && n > 1 ? 1 : 0))),
  (a, _, k) => tf.pad(a, a.shape.map((__, i) => (i === axis(a, k) ? [1, k % 2] : [0, 0])), 0.25),
  (a, b, k) => (sameShape(a, b) ? tf.concat([a, b], axis(a, k)) : tf.concat([a, a], axis(a, k))),
  (a, b, k) => tf.stack(sameShape(a, b) ? [a, b] : [a, tf.neg(a)], k % (a.rank + 1)),
  // In more than one part: tfjs's gradients of unstack and split fail for one.
  (a, _, k) => (size(a, k) > 1 ? tf.unstack(a, axis(a, k))[0]! : tf.squeeze(a, [axis(a, k)])),
  (a, _, k) => tf.tile(a, a.shape.map((__, i) => (i === axis(a, k) ? 2 : 1))),
  (a, _, k) => tf.gather(a, tf.tensor1d([0, size(a, k) - 1, 0, k % size(a, k)], 'int32'), axis(a, k)),
  (a, _, k) => (size(a, k) > 1 ? tf.split(a, [1, size(a, k) - 1], axis(a, k))[1]! : a),
  // Along axes.
  (a, _, k) => tf.sum(a, axis(a, k)),
  (a, _, k) => tf.mean(a, axis(a, k), true),
  (a, _, k) => tf.log(tf.sum(tf.exp(tf.tanh(a)), axis(a, k))),
  // Along the last axis: tfjs gives the gradient along others a wrong shape.
  (a, _, k) => tf.cumsum(tf.tanh(a), a.rank - 1, k % 2 === 1, k % 3 === 1),
  (a) => tf.softmax(a),
  (a, b) => product(matrixOf(a), tf.tanh(matrixOf(b))),
];

const axis = (a: tf.Tensor, k: number): number => k % a.rank;
const size = (a: tf.Tensor, k: number): number => a.shape[axis(a, k)]!;
const sameShape = (a: tf.Tensor, b: tf.Tensor): boolean => tf.util.arraysEqual(a.shape, b.shape);

/** A constant condition. */
function mask(x: tf.Tensor, k: number): tf.Tensor {
  return tf.tensor(Uint8Array.from({ length: x.size }, (_, i) => (i * (k + 3)) % 2), x.shape, 'bool');
}

function matrixOf(a: tf.Tensor): tf.Tensor2D {
  return tf.reshape(a, [a.shape[0]!, -1]);
}

/** A product of two matrices if one fits, else of the first and its transpose. */
function product(a: tf.Tensor2D, b: tf.Tensor2D): tf.Tensor {
  if (a.shape[1] === b.shape[0]) return tf.matMul(a, b);
  if (a.shape[0] === b.shape[0]) return tf.matMul(a, b, true, false);
  return tf.matMul(a, a.shape[1] === b.shape[1] ? b : a, false, true);
}

/** `f` of two tensors made to broadcast: as they are if they do, else the second as its mean along all axes but the last. */
function aligned(a: tf.Tensor, b: tf.Tensor, k: number, f: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor): tf.Tensor {
  const fits = [...b.shape].reverse().every((n, i) => n === 1 || a.shape.at(-1 - i) === undefined || a.shape.at(-1 - i) === n || a.shape.at(-1 - i) === 1);
  const other = fits ? b : tf.mean(b);
  return k % 2 === 0 ? f(a, other) : f(other, a);
}

/** The most entries a value of a program may have; greater ones are averaged. */
const LARGEST = 60;

function program(steps: readonly Step[]): TraceableFunction {
  return (...inputs) => {
    const values = [...inputs];
    for (const { operation, a, b, k } of steps) {
      const result = OPERATIONS[operation]!(values[a % values.length]!, values[b % values.length]!, k);
      const small = result.size > LARGEST ? tf.mean(result, 0) : result;
      values.push(small.rank === 0 ? tf.reshape(small, [1]) : small);
    }
    // Every value counts, and each of its entries otherwise.
    return tf.addN(values.map((value) => tf.mean(tf.mul(value, tf.reshape(tf.cos(tf.range(0, value.size)), value.shape)))));
  };
}

const step = fc.record({ operation: fc.nat(OPERATIONS.length - 1), a: fc.nat(20), b: fc.nat(20), k: fc.nat(5) });

test('random programs', () => {
  const arbitrary = fc.tuple(fc.array(step, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(arbitrary, ([steps, seed]) => {
      const args = [floats([2, 3], -1.5, 1.5, seed), floats([3], -1.5, 1.5, seed + 1)];
      // Eight steps of float32, each off by 1e-7 and amplifying what came before a few times.
      expectAgreement(program(steps), args, { grad: true, tolerance: 1e-4 });
      expectTrueGradient(program(steps), args, 1e-6);
    }),
    { numRuns: 40, seed: 20 },
  );
});
