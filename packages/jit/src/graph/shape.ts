/** @file Arithmetic of shapes; arrays are row-major throughout. */
import type { Shape } from './node.ts';

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, n) => size * n, 1);
}

/** How far a step along each axis moves in the flat array. */
export function stridesOf(shape: Shape): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = at(strides, axis + 1) * at(shape, axis + 1);
  return strides;
}

/** Whether two shapes, or lists of numbers, are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** The common shape that `shapes` broadcast to, aligned at their last axes. @throws Error when there is none. */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const [first = []] = shapes;
  if (shapes.every((shape) => shape === first || sameShape(shape, first))) return [...first];
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = Array.from({ length: rank }, () => 1);
  for (const shape of shapes) {
    shape.forEach((n, i) => {
      const axis = rank - shape.length + i;
      if (n === 1) return;
      if (result[axis] !== 1 && result[axis] !== n) {
        throw new Error(`shapes ${shapes.map(formatShape).join(', ')} do not broadcast`);
      }
      result[axis] = n;
    });
  }
  return result;
}

/** A shape as it is printed: `[2,3]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(',')}]`;
}

/** An element that the caller knows to be there. @throws RangeError when it is not. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index];
  if (value === undefined) throw new RangeError(`index ${index} is outside a list of ${list.length}`);
  return value;
}
