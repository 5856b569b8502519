/** @file Walking through arrays with strides: all that moving data about comes down to. */
import type { Shape } from '../node.ts';
import { at, sizeOf, stridesOf } from '../shape.ts';

/** An array of numbers with its shape, row-major. */
export interface Value {
  readonly shape: Shape;
  readonly values: Float64Array;
}

/** The flat positions `offset + Σ index[axis] strides[axis]`, for every index within `shape` in row-major order. */
export function positions(shape: Shape, strides: readonly number[], offset: number = 0): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  const index = shape.map(() => 0);
  let position = offset;
  for (let i = 0; i < result.length; i++) {
    result[i] = position;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = at(index, axis) + 1;
      if (next < at(shape, axis)) {
        index[axis] = next;
        position += at(strides, axis);
        break;
      }
      index[axis] = 0;
      position -= at(strides, axis) * (next - 1);
    }
  }
  return result;
}

/** The entries of `values` at `where`. */
export function pick(values: Float64Array, where: Int32Array): Float64Array {
  const result = new Float64Array(where.length);
  for (let i = 0; i < where.length; i++) result[i] = at(values, at(where, i));
  return result;
}

/** For each axis of `to`, how far a step along it moves in an array of shape `from` broadcast to it: 0 if repeated. */
export function broadcastStrides(from: Shape, to: Shape): number[] {
  const own = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : at(own, axis - added)));
}

/** `value` repeated up to `shape`. */
export function broadcastTo(value: Value, shape: Shape): Float64Array {
  const size = sizeOf(shape);
  if (value.values.length === size) return value.values;
  if (value.values.length === 1) return new Float64Array(size).fill(at(value.values, 0));
  return pick(value.values, positions(shape, broadcastStrides(value.shape, shape)));
}
