/** @file Functions with scans against the same functions with their steps written out. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { compileSync, interpret, traceGraph } from '@tychejs/jit';
import { RandomStream } from '../../src/random/stream.ts';
import { expectNoLeak } from './leak.ts';

/** A function of tensors to a scalar. */
export type Fn = (...xs: Tensor[]) => Tensor;

/** An argument of a function under test. */
export interface Argument {
  readonly shape: number[];
  readonly values: number[];
}

/** Normal numbers that float32 holds, so that eager code and the interpreter see the same. */
export function normalArguments(seed: number): (shape: number[], scale?: number) => Argument {
  const stream = RandomStream.fromSeed(seed);
  return (shape, scale = 1) => ({
    shape,
    values: Array.from({ length: shape.reduce((size, n) => size * n, 1) }, () => Math.fround(scale * stream.normal())),
  });
}

interface Results {
  readonly value: ArrayLike<number>;
  readonly gradients: readonly ArrayLike<number>[];
}

function eager(fn: Fn, args: readonly Argument[]): Results {
  return expectNoLeak(() =>
    tf.tidy(() => {
      const inputs = args.map(({ values, shape }) => tf.tensor(values, shape));
      const { value, grads } = tf.engine().gradients(() => fn(...inputs), inputs, undefined, true);
      // Typed otherwise, but undefined where the value does not depend on the input.
      const gradients = inputs.map((x, i) => ((grads[i] as Tensor | undefined) ?? tf.zerosLike(x)).dataSync());
      return { value: value.dataSync(), gradients };
    }),
  );
}

function traced(fn: Fn, args: readonly Argument[]): Results {
  const graph = expectNoLeak(() => traceGraph(fn, { inputs: args.map(({ shape }) => ({ shape })), valueAndGrad: true }));
  const { outputs, gradients } = interpret(graph, args.map(({ values }) => values));
  return { value: outputs[0]!, gradients: gradients.map((gradient) => gradient!) };
}

function expectSame(actual: Results, expected: Results, tolerance: number): void {
  const [a, b] = [actual, expected].map(({ value, gradients }) => [value, ...gradients].map((values) => Array.from(values)));
  a!.forEach((values, i) => {
    const other = b![i]!;
    const scale = Math.max(1, ...other.map(Math.abs));
    expect(values).toHaveLength(other.length);
    values.forEach((x, j) => expect(Math.abs(x - other[j]!) / scale).toBeLessThan(tolerance));
  });
}

/** By the compiled program, in float64 to rounding. */
function compiled(fn: Fn, args: readonly Argument[]): Results {
  const program = compileSync(fn, { inputs: args.map(({ shape }) => ({ shape })), valueAndGrad: true, point: null });
  const { outputs, gradients } = program.run(...args.map(({ values }) => values));
  return { value: outputs[0]!, gradients: gradients.map((gradient) => gradient!) };
}

/**
 * A function with scans against one with loops: traced both are float64, so that they agree to rounding; eagerly float32.
 */
export function expectSameAsUnrolled(scanned: Fn, unrolled: Fn, args: readonly Argument[], float32Tolerance = 1e-4): void {
  const exact = traced(unrolled, args);
  expectSame(traced(scanned, args), exact, 1e-12);
  expectSame(compiled(scanned, args), exact, 1e-12);
  expectSame(eager(scanned, args), exact, float32Tolerance);
}
