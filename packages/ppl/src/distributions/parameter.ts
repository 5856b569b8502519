/** @file Parameters of distributions: numbers, nested arrays or tensors, kept as they were given. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { format, shapeOf } from '../util/shape.ts';

/** What a parameter may be given as. */
export type Parameter = Tensor | TensorLike;

/** Tensors with more elements than this are checked by kernels rather than read one by one. */
const READ_AT_MOST = 4096;

/** `parameter` as a float32 tensor; a tensor is passed through, so dispose only inside `tf.tidy`. */
export function asTensor(parameter: Parameter): Tensor {
  if (parameter instanceof tf.Tensor) return parameter.dtype === 'float32' ? parameter : tf.cast(parameter, 'float32');
  return tf.tensor(narrow(parameter) as number[], undefined, 'float32');
}

/** Float64 arrays, which tfjs does not take, as float32 ones. */
function narrow(value: TensorLike): TensorLike {
  if ((value as object) instanceof Float64Array) return Float32Array.from(value as unknown as Float64Array);
  if (Array.isArray(value) && typeof value[0] === 'object') return value.map(narrow) as TensorLike;
  return value;
}

/** `parameter` as error messages name it: a number as it is, anything else by its shape. */
export function describe(parameter: Parameter): string {
  return typeof parameter === 'number' ? String(parameter) : `tensor ${format(shapeOf(parameter))}`;
}

/** Whether the active backend can read a tensor's values without waiting. */
export function canReadSynchronously(): boolean {
  return tf.getBackend() !== 'webgpu' && tf.getBackend() !== 'webgl';
}

/**
 * Why `value` does not fulfil `constraint`, with one offending number, or `null` if it does. On backends that cannot
 * read values at once, only plain numbers and arrays are looked at.
 */
export function violation(value: Parameter, constraint: Constraint): string | null {
  const { contains } = constraint;
  const isTensor = value instanceof tf.Tensor;
  if (isTensor && !canReadSynchronously()) return null;
  const isFew = !isTensor || value.size <= READ_AT_MOST;
  if (contains !== undefined && isFew) return firstOutside(isTensor ? value.dataSync() : flatten(value), contains, value, constraint);
  const tensor = isTensor ? value : asTensor(value);
  try {
    if (holdsEverywhere(constraint, tensor)) return null;
    if (contains === undefined) return `must be ${constraint.name}, got ${preview(tensor)}`;
    return firstOutside(tensor.dataSync(), contains, value, constraint);
  } finally {
    if (!isTensor) tensor.dispose();
  }
}

function holdsEverywhere(constraint: Constraint, value: Tensor): boolean {
  const holds = tf.tidy(() => tf.all(constraint.check(value)));
  try {
    return holds.dataSync()[0] === 1;
  } finally {
    holds.dispose();
  }
}

function firstOutside(
  numbers: Iterable<number>,
  contains: (x: number) => boolean,
  value: Parameter,
  constraint: Constraint,
): string | null {
  for (const x of numbers) {
    if (!contains(Number(x))) return `must be ${constraint.name}, got ${x}${shapeNote(value)}`;
  }
  return null;
}

function shapeNote(value: Parameter): string {
  return typeof value === 'number' ? '' : ` (in a ${describe(value)})`;
}

function* flatten(value: TensorLike): Generator<number> {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    for (const inner of value as Iterable<TensorLike>) yield* flatten(inner);
  } else {
    yield value as number;
  }
}

function preview(tensor: Tensor): string {
  const values = Array.from(tensor.dataSync().subarray(0, 6), (x) => Number(x.toPrecision(6)));
  return `[${values.join(', ')}${tensor.size > 6 ? ', ...' : ''}] of shape ${format(tensor.shape)}`;
}
