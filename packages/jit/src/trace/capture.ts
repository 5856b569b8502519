/** @file Inputs that a traced function does not declare: what it draws at random. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphInput } from '../graph/graph.ts';
import { formatShape, sameShape } from '../graph/shape.ts';
import { NOISE_KINDS } from '../noise/kind.ts';
import type { NoiseKind } from '../noise/kind.ts';
import { activeTrace } from './backend.ts';
import { TraceError } from './error.ts';
import { TFJS_DTYPE } from './dtype.ts';

/** While a graph is compared with an eager evaluation: what it captured and has not been asked for yet. */
let replayed: GraphInput[] | null = null;

/**
 * The gate for random numbers. While a function is being traced, they become an input of the graph, after those declared,
 * so that a program can be run with others; what they were is kept as that input's default.
 *
 * @param values - the numbers drawn.
 * @param label - what they are, for those who look at the graph's inputs.
 * @param noise - the distribution of the numbers, if they are independent draws that a program may as well make itself; see
 * the option `generateNoise` of `compile`.
 * @returns a tensor that stands for them; null when nothing is being traced, and they are to be used as they are.
 * @throws TraceError in the body of a scan, where every step would use the same draws.
 * @throws TypeError for noise of an unknown kind, or that is no float32.
 */
export function captureInput(
  values: tf.TypedArray | Float64Array,
  shape: readonly number[],
  dtype: 'float32' | 'int32' | 'bool',
  label: string,
  noise?: NoiseKind,
): tf.Tensor | null {
  if (noise !== undefined && (!NOISE_KINDS.includes(noise) || dtype !== 'float32')) {
    throw new TypeError(`captureInput: noise is ${NOISE_KINDS.join(', ')}, in float32; got ${JSON.stringify(noise)} in ${dtype}`);
  }
  if (replayed !== null) return replay(replayed, shape, dtype, label);
  return activeTrace()?.capture(Float64Array.from(values), shape, dtype, label, noise) ?? null;
}

/** Whether the tensor depends on the inputs of the trace that is under way, so that it has no value yet. */
export function isTraced(tensor: tf.Tensor): boolean {
  return activeTrace()?.isTraced(tensor.dataId) === true;
}

/** Runs `body` eagerly, with what the graph captured in place of new draws. */
export function withCaptured<T>(inputs: readonly GraphInput[], body: () => T): T {
  const outer = replayed;
  replayed = inputs.filter(({ captured }) => captured !== undefined);
  try {
    return body();
  } finally {
    replayed = outer;
  }
}

function replay(rest: GraphInput[], shape: readonly number[], dtype: tf.NumericDataType, label: string): tf.Tensor {
  const next = rest.shift();
  if (next?.captured === undefined || TFJS_DTYPE[next.dtype] !== dtype || !sameShape(next.shape, shape) || next.captured.label !== label) {
    const was = next === undefined ? 'no more draws' : `a draw of ${next.captured?.label} of shape ${formatShape(next.shape)}`;
    throw new TraceError(
      `the traced function does not draw the same random numbers in every call: it made ${was}, and then a draw of ${label} of ` +
        `shape ${formatShape(shape)}`,
    );
  }
  return tf.tensor(Array.from(next.captured.values), [...shape], dtype);
}
