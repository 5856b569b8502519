/** @file Parameters of distributions: numbers, nested arrays or tensors, kept as they were given. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { isTracing } from '../backend/tracing.ts';
import type { Constraint } from '../constraints/constraint.ts';
import { toFloat } from '../ops/toFloat.ts';
import { format, shapeOf } from '../util/shape.ts';
import { isRoundingForgiven } from '../util/validation.ts';
import { checkLater } from './pendingChecks.ts';

/** What a parameter may be given as. */
export type Parameter = Tensor | TensorLike;

/** Tensors with more elements than this are checked by kernels rather than read one by one. */
const READ_AT_MOST = 2 ** 15;

/** `parameter` as a float32 tensor; a tensor is passed through, so dispose only inside `tf.tidy`. */
export function asTensor(parameter: Parameter): Tensor {
  return toFloat(parameter);
}

/** `parameter` as error messages name it: a number as it is, anything else by its shape. */
export function describe(parameter: Parameter): string {
  return typeof parameter === 'number' ? String(parameter) : `tensor ${format(shapeOf(parameter))}`;
}

/** Backends that cannot read tensors at once. */
const UNREADABLE: ReadonlySet<string> = new Set(['webgl', 'webgpu']);

/** Whether a tensor's values can be read without waiting: the active backend can do it, and nothing is being compiled. */
export function canReadSynchronously(): boolean {
  return !isTracing() && !UNREADABLE.has(tf.getBackend());
}

/** By data that tensors share, the constraints that they were found to fulfil: data are seen again at every step. */
const passed = new WeakMap<object, WeakSet<Constraint>>();

/**
 * Why `value` does not fulfil `constraint`, with one offending number, or `null` if it does. On backends that cannot
 * read values at once, only plain numbers and arrays are looked at, and those only against fixed bounds. In a function that
 * is being compiled, its program may look at the rest: see `withPendingChecks`.
 */
export function violation(value: Parameter, constraint: Constraint): string | null {
  if (!(value instanceof tf.Tensor)) return violationOfNumbers(value, constraint);
  // Of no elements tfjs says that not all fulfil it.
  if (value.size === 0) return null;
  if (isTracing()) checkLater(value, constraint);
  if (!canReadSynchronously() || passed.get(value.dataId)?.has(constraint) === true) return null;
  const why = violationOfTensor(value, constraint);
  // What was forgiven once is not to count as fulfilled ever after.
  if (why !== null || isRoundingForgiven()) return why;
  const constraints = passed.get(value.dataId) ?? new WeakSet<Constraint>();
  passed.set(value.dataId, constraints.add(constraint));
  return null;
}

function violationOfNumbers(value: TensorLike, constraint: Constraint): string | null {
  const { contains } = constraint;
  if (contains !== undefined) return outsider([...flatten(value)], contains, value, constraint);
  if (!canReadSynchronously()) return null;
  const tensor = asTensor(value);
  try {
    return violationOfTensor(tensor, constraint);
  } finally {
    tensor.dispose();
  }
}

function violationOfTensor(value: Tensor, constraint: Constraint): string | null {
  const { contains } = constraint;
  const isFew = value.size <= READ_AT_MOST;
  if (contains !== undefined && isFew) return outsider(value.dataSync(), contains, value, constraint);
  if (holdsEverywhere(constraint, value)) return null;
  if (contains !== undefined) return outsider(value.dataSync(), contains, value, constraint);
  return `must be ${constraint.name}, got ${preview(value)}`;
}

function holdsEverywhere(constraint: Constraint, value: Tensor): boolean {
  const holds = tf.tidy(() => tf.all(constraint.check(value)));
  try {
    return holds.dataSync()[0] === 1;
  } finally {
    holds.dispose();
  }
}

/** Complains of the first of `numbers` that is not contained. */
function outsider(
  numbers: ArrayLike<number>,
  contains: (x: number) => boolean,
  value: Parameter,
  constraint: Constraint,
): string | null {
  for (let i = 0; i < numbers.length; i++) {
    const x = Number(numbers[i]);
    if (contains(x)) continue;
    const where = typeof value === 'number' ? '' : ` (in a ${describe(value)})`;
    return `must be ${constraint.name}, got ${x}${where}`;
  }
  return null;
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
