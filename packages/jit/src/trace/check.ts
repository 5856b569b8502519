/** @file Comparing a graph with an eager evaluation of the function that it came from. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.ts';
import { interpret } from '../graph/interpret.ts';
import type { DType } from '../graph/node.ts';
import { at, formatShape, sizeOf } from '../graph/shape.ts';
import { TraceError } from './error.ts';
import type { TraceableFunction } from './traceGraph.ts';

/** Float32 arithmetic is right to 1e-7 an operation; long sums with cancellation lose some digits more. */
const TOLERANCE = 1e-3;

const ARRAYS: Readonly<Record<DType, (values: ArrayLike<number>) => tf.TypedArray>> = {
  float: (values) => Float32Array.from(values),
  int: (values) => Int32Array.from(values),
  bool: (values) => Uint8Array.from(values),
};

const TFJS_DTYPE: Readonly<Record<DType, tf.NumericDataType>> = { float: 'float32', int: 'int32', bool: 'bool' };

/**
 * Evaluates `fn`, with gradients where the graph has them, on the active backend and compares with the graph.
 *
 * @throws TypeError when `point` does not fit the graph's inputs.
 * @throws TraceError naming the first result that differs.
 */
export function checkAgainstEager(fn: TraceableFunction, graph: Graph, point: readonly ArrayLike<number>[]): void {
  const values = graph.inputs.map(({ shape, dtype }, i) => {
    const own = point[i];
    if (own?.length !== sizeOf(shape)) {
      const got = own === undefined ? 'nothing' : `${own.length} values`;
      throw new TypeError(`traceGraph: point[${i}] must hold the values of shape ${formatShape(shape)}, got ${got}`);
    }
    return ARRAYS[dtype](own);
  });
  const expected = evaluate(fn, graph, values);
  const actual = interpret(graph, values);
  actual.outputs.forEach((output, i) => compare(`output ${i}`, output, at(expected.outputs, i)));
  actual.gradients.forEach((gradient, i) => {
    if (gradient !== null) compare(`the gradient in input ${i}`, gradient, expected.gradients[i] ?? new Float32Array(gradient.length));
  });
}

interface EagerResults {
  readonly outputs: readonly ArrayLike<number>[];
  readonly gradients: readonly (ArrayLike<number> | undefined)[];
}

function evaluate(fn: TraceableFunction, graph: Graph, values: readonly tf.TypedArray[]): EagerResults {
  let outputs: tf.TypedArray[] = [];
  let gradients: (tf.TypedArray | undefined)[] = [];
  tf.tidy(() => {
    const inputs = graph.inputs.map(({ shape, dtype }, i) => tf.tensor(at(values, i), [...shape], TFJS_DTYPE[dtype]));
    const run = (): tf.Tensor => {
      const results = [fn(...inputs)].flat();
      outputs = results.map((tensor) => tensor.dataSync());
      return at(results, 0);
    };
    const wanted = inputs.filter((_, i) => graph.gradients[i] !== null);
    if (wanted.length === 0) {
      run();
      return;
    }
    // Typed otherwise, but undefined where the value does not depend on the input.
    const grads: readonly (tf.Tensor | undefined)[] = tf.engine().gradients(run, wanted, undefined, true).grads;
    gradients = inputs.map((input) => grads[wanted.indexOf(input)]?.dataSync());
  });
  return { outputs, gradients };
}

function compare(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const scale = Array.from(expected).reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 1);
  for (let i = 0; i < actual.length; i++) {
    const [a, b] = [at(actual, i), expected[i] ?? Number.NaN];
    if (Object.is(a, b) || a === b || Math.abs(a - b) <= TOLERANCE * scale) continue;
    throw new TraceError(
      `the graph does not do what the function does: at the point given, entry ${i} of ${what} is ${a} by the graph and ${b} ` +
        `by eager evaluation. Does the function draw random numbers, or use anything that changes from call to call?`,
    );
  }
}
