/** @file What users may pass where a tensor of floats is meant. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { data } from '@tychejs/jit';
import { isTracing } from '../backend/tracing.ts';
import { shapeOf, sizeOf } from '../util/shape.ts';

/**
 * `x` as a float32 tensor: itself if it is one, otherwise a new tensor that belongs to the surrounding `tf.tidy`; while
 * tracing, one that remembers all float64 digits of numbers and arrays. (A Float32Array has none to remember: like every
 * tensor, it is read as the decimals that were meant.) Casting keeps gradients.
 *
 * @param x - a tensor, a number, a typed array (float64 too), or nested arrays.
 * @throws Error for a ragged array; TypeError for one with entries that are no numbers.
 */
export function toFloat(x: Tensor | TensorLike): Tensor {
  if (x instanceof tf.Tensor) return x.dtype === 'float32' ? x : tf.cast(x, 'float32');
  const shape = shapeOf(x);
  checkEntries(x, []);
  if (isTracing() && !((x as object) instanceof Float32Array)) return data(flattened(x, shape), shape);
  return tf.tensor(narrow(x) as number[], shape, 'float32');
}

/** JavaScript would take `null` for 0 and a string for the number that it spells. */
function checkEntries(value: TensorLike, path: readonly number[]): void {
  if (!Array.isArray(value)) return;
  for (let i = 0; i < value.length; i++) {
    const entry: unknown = value[i];
    if (typeof entry === 'number' || typeof entry === 'boolean') continue;
    if (typeof entry === 'object' && entry !== null) {
      checkEntries(entry as TensorLike, [...path, i]);
      continue;
    }
    const found = typeof entry === 'string' ? JSON.stringify(entry) : String(entry);
    throw new TypeError(`entry [${[...path, i].join(', ')}] of an array is ${found}, and no number; observations that are missing are masked by obsMask`);
  }
}

/** The numbers of (nested) arrays of that shape, row by row. */
export function flattened(values: TensorLike, shape: readonly number[]): Float64Array {
  if (ArrayBuffer.isView(values)) return Float64Array.from(values as unknown as Float64Array);
  const flat = new Float64Array(sizeOf(shape));
  let end = 0;
  const visit = (part: TensorLike): void => {
    if (Array.isArray(part) || ArrayBuffer.isView(part)) for (const inner of part as Iterable<TensorLike>) visit(inner);
    else flat[end++] = Number(part);
  };
  visit(values);
  return flat;
}

/** Float64 arrays, which tfjs does not take, as float32 ones. */
function narrow(value: TensorLike): TensorLike {
  if ((value as object) instanceof Float64Array) return Float32Array.from(value as unknown as Float64Array);
  if (Array.isArray(value) && typeof value[0] === 'object') return value.map(narrow) as TensorLike;
  return value;
}
