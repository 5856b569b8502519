/** @file Numbers as metrics take them: tensors, or arrays of any depth. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

type NumberList = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Arrays of numbers (or truth values) to any depth, all of one length at each. */
export interface NestedNumbers extends ReadonlyArray<number | boolean | NestedNumbers | NumberList> {}

/** What metrics are computed from. Tensors are read, and stay the caller's. */
export type Numbers = Tensor | NumberList | NestedNumbers;

/** Numbers in row-major order. */
export interface NumberBlock {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/**
 * Reads numbers in float64.
 *
 * @param what - how error messages name them: `labels`.
 * @throws TypeError for anything but tensors and arrays of numbers; RangeError for ragged or empty ones.
 */
export function readNumbers(where: string, what: string, numbers: Numbers): NumberBlock {
  const block = numbers instanceof tf.Tensor ? { shape: numbers.shape, values: Float64Array.from(numbers.dataSync()) } : readArray(where, what, numbers);
  if (block.values.length === 0) throw new RangeError(`${where}: ${what} are empty (shape [${block.shape.join(', ')}])`);
  return block;
}

function readArray(where: string, what: string, numbers: unknown): NumberBlock {
  if (!isList(numbers)) throw new TypeError(`${where}: ${what} must be a tensor or an array of numbers, got ${typeof numbers}`);
  const shape: number[] = [];
  for (let entry: unknown = numbers; isList(entry); entry = entry[0]) shape.push(entry.length);
  const values: number[] = [];
  const visit = (entry: unknown, depth: number): void => {
    if (isList(entry) && entry.length === shape[depth]) {
      for (let i = 0; i < entry.length; i++) visit(entry[i], depth + 1);
      return;
    }
    if (isList(entry) || depth < shape.length) throw new RangeError(`${where}: ${what} must be arrays of the same length at each depth`);
    if (typeof entry !== 'number' && typeof entry !== 'boolean') throw new TypeError(`${where}: ${what} must hold numbers, got ${typeof entry}`);
    values.push(Number(entry));
  };
  visit(numbers, 0);
  return { shape, values: Float64Array.from(values) };
}

function isList(x: unknown): x is ArrayLike<unknown> {
  return Array.isArray(x) || (ArrayBuffer.isView(x) && !(x instanceof DataView));
}

/**
 * `block`, repeated to `shape` by the rules of tfjs.
 *
 * @throws RangeError when it does not broadcast.
 */
export function broadcast(where: string, what: string, block: NumberBlock, shape: readonly number[]): Float64Array {
  const missing = shape.length - block.shape.length;
  const sizes = shape.map((_, i) => block.shape[i - missing] ?? 1);
  if (missing < 0 || !sizes.every((size, i) => size === 1 || size === shape[i])) {
    throw new RangeError(`${where}: ${what} have shape [${block.shape.join(', ')}], which does not broadcast to [${shape.join(', ')}]`);
  }
  const count = shape.reduce((product, size) => product * size, 1);
  return Float64Array.from({ length: count }, (_, position) => {
    let [rest, index, stride] = [position, 0, 1];
    for (let i = shape.length - 1; i >= 0; i--) {
      const size = shape[i] ?? 1;
      if (sizes[i] !== 1) index += (rest % size) * stride;
      stride *= sizes[i] ?? 1;
      rest = Math.floor(rest / size);
    }
    return block.values[index] ?? Number.NaN;
  });
}
