/** @file Parameters of distributions: numbers, nested arrays or tensors, kept as they were given. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { format } from '../util/shape.ts';

/** What a parameter may be given as. */
export type Parameter = Tensor | TensorLike;

/** `parameter` as a float32 tensor; a tensor is passed through, so dispose only inside `tf.tidy`. */
export function asTensor(parameter: Parameter): Tensor {
  if (parameter instanceof tf.Tensor) return parameter.dtype === 'float32' ? parameter : tf.cast(parameter, 'float32');
  return tf.tensor(parameter as number[], undefined, 'float32');
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
  const isTensor = value instanceof tf.Tensor;
  if (isTensor && !canReadSynchronously()) return null;
  if (constraint.contains !== undefined && constraint.eventDim === 0) {
    const numbers: Iterable<unknown> = isTensor ? value.dataSync() : flatten(value);
    for (const x of numbers) {
      if (!constraint.contains(Number(x))) return `must be ${constraint.name}, got ${String(x)}${shapeNote(value)}`;
    }
    return null;
  }
  return tf.tidy(() => {
    const tensor = isTensor ? value : tf.tensor(value as number[]);
    const holds = tf.all(constraint.check(tensor)).dataSync()[0] === 1;
    return holds ? '' : `must be ${constraint.name}, got ${preview(tensor)}`;
  }) || null;
}

function shapeNote(value: Parameter): string {
  return value instanceof tf.Tensor && value.rank > 0 ? ` (in a tensor of shape ${format(value.shape)})` : '';
}

function preview(tensor: Tensor): string {
  const values = [...tensor.dataSync().slice(0, 6)].map((x) => Number(x.toPrecision(6)));
  return `[${values.join(', ')}${tensor.size > 6 ? ', ...' : ''}] of shape ${format(tensor.shape)}`;
}

function* flatten(value: TensorLike): Generator<unknown> {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    for (const inner of value as Iterable<TensorLike>) yield* flatten(inner);
  } else {
    yield value;
  }
}
