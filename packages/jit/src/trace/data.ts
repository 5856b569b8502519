/** @file Data at full precision: tensors hold float32, but remember the float64 they were made from. */
import * as tf from '@tensorflow/tfjs-core';

/** Numbers nested to any depth. */
export type NestedNumbers = number | readonly NestedNumbers[];

/** By data id, which tensors that share their values share. */
const originals = new WeakMap<object, Float64Array>();

/**
 * A float32 tensor that remembers the float64 numbers it was made from: a traced function computes with those, while
 * everything else sees an ordinary tensor. What is computed eagerly from the tensor is float32 as ever; what is computed
 * from it inside a traced function is float64.
 *
 * @param values - a flat `Float64Array`, a number, or nested arrays. A typed array is copied.
 * @param shape - its shape; by default a flat array's length, or what the nesting says.
 * @returns a tensor that the caller (or a surrounding `tf.tidy`) disposes of.
 * @throws Error when the values do not fit the shape.
 */
export function data(values: Float64Array | NestedNumbers, shape?: number[]): tf.Tensor {
  const flat = values instanceof Float64Array ? Float64Array.from(values) : Float64Array.from(flatten(values));
  const own = values instanceof Float64Array ? [values.length] : shapeOf(values);
  const tensor = tf.tensor(Float32Array.from(flat), shape ?? own, 'float32');
  originals.set(tensor.dataId, flat);
  return tensor;
}

/** The numbers that the tensor data were made from by {@link data}, if they were. */
export function originalOf(dataId: object): Float64Array | undefined {
  return originals.get(dataId);
}

function flatten(values: NestedNumbers): number[] {
  return typeof values === 'number' ? [values] : values.flatMap(flatten);
}

/** tfjs checks that the arrays at each depth are of one length. */
function shapeOf(values: NestedNumbers): number[] {
  if (typeof values === 'number') return [];
  const first = values[0];
  const inner = first === undefined ? [] : shapeOf(first);
  return [values.length, ...inner];
}
