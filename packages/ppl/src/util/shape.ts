/** @file Arithmetic on shapes. */
import type { TensorLike } from '@tensorflow/tfjs-core';
import { Tensor } from '@tensorflow/tfjs-core';

export type Shape = readonly number[];

/** The shape that `a` and `b` broadcast to. @throws Error when they do not. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = Array.from({ length: rank }, () => 1);
  for (const shape of shapes) {
    const offset = rank - shape.length;
    shape.forEach((size, i) => {
      const have = result[offset + i] ?? 1;
      if (size === 1 || size === have) return;
      if (have !== 1) throw new Error(`shapes ${shapes.map(format).join(' and ')} do not broadcast`);
      result[offset + i] = size;
    });
  }
  return result;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

export function sizeOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** `[2, 3]`, as error messages print it. */
export function format(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/**
 * The shape of a number, nested array, typed array or tensor, without making a tensor of it.
 *
 * @throws Error for a ragged array, of which tfjs would make something else without a word.
 */
export function shapeOf(value: TensorLike | Tensor): number[] {
  if (value instanceof Tensor) return [...value.shape];
  if (ArrayBuffer.isView(value)) return [(value as Float32Array).length];
  if (!Array.isArray(value)) return [];
  const [first] = value;
  if (typeof first !== 'object') return [value.length];
  const inner = shapeOf(first as TensorLike);
  for (const item of value as TensorLike[]) {
    const other = shapeOf(item);
    if (!sameShape(other, inner)) {
      throw new Error(`ragged array: its parts have shapes ${format(inner)} and ${format(other)}; they must be the same`);
    }
  }
  return [value.length, ...inner];
}
