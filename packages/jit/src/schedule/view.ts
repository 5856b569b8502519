/** @file Where the elements of a moved array lie in the array that they were moved from. */
import type { NodeId, Shape } from '../graph/node.ts';
import { broadcastStrides } from '../graph/evaluate/positions.ts';
import { at, sizeOf, stridesOf } from '../graph/shape.ts';

/** Element `index` of a value is element `offset + Σ index[axis] strides[axis]` of the flat array of `root`. */
export interface View {
  readonly root: NodeId;
  readonly offset: number;
  /** In elements, one an axis. */
  readonly strides: readonly number[];
}

const NONE: readonly number[] = [];
const ONE: readonly number[] = [1];

/** All of `root`, which has this shape. */
export function wholeView(root: NodeId, shape: Shape): View {
  // Most arrays of long programs are small, and need no strides of their own.
  const strides = shape.length === 0 ? NONE : shape.length === 1 ? ONE : stridesOf(shape);
  return { root, offset: 0, strides };
}

/** The view of `from` broadcast to `to`. */
export function broadcastView(view: View, from: Shape, to: Shape): View {
  const added = to.length - from.length;
  const repeats = broadcastStrides(from, to);
  const strides = to.map((_, axis) => (at(repeats, axis) === 0 && isRepeated(from, axis - added) ? 0 : at(view.strides, axis - added)));
  return { ...view, strides };
}

/** Whether an axis of `from` (perhaps one before its first) is one that broadcasting repeats. */
function isRepeated(from: Shape, axis: number): boolean {
  return axis < 0 || from[axis] === 1;
}

/** The view with its axes permuted. */
export function transposeView(view: View, permutation: readonly number[]): View {
  return { ...view, strides: permutation.map((axis) => at(view.strides, axis)) };
}

/** The view from `begin` on, in steps. */
export function sliceView(view: View, begin: readonly number[], steps: readonly number[]): View {
  const offset = begin.reduce((sum, first, axis) => sum + first * at(view.strides, axis), view.offset);
  return { ...view, offset, strides: view.strides.map((stride, axis) => stride * at(steps, axis)) };
}

/** The view of shape `from` read in the shape `to`; null where no strides say that. */
export function reshapeView(view: View, from: Shape, to: Shape): View | null {
  if (sizeOf(from) === 0) return { ...view, strides: to.map(() => 0) };
  const blocks = mergeAxes(from, view.strides);
  const strides = to.map(() => 0);
  let axis = to.length - 1;
  for (const { size, stride } of blocks.toReversed()) {
    let covered = 1;
    while (covered < size) {
      if (axis < 0) return null;
      strides[axis] = stride * covered;
      covered *= at(to, axis);
      axis--;
    }
    if (covered !== size) return null;
  }
  return { ...view, strides };
}

/** Runs of axes along which one stride leads through all of them; axes of size 1 are left out. */
function mergeAxes(shape: Shape, strides: readonly number[]): { size: number; stride: number }[] {
  const blocks: { size: number; stride: number }[] = [];
  shape.forEach((size, axis) => {
    if (size === 1) return;
    const stride = at(strides, axis);
    const last = blocks.at(-1);
    if (last !== undefined && last.stride === stride * size) {
      last.size *= size;
      last.stride = stride;
    } else {
      blocks.push({ size, stride });
    }
  });
  return blocks;
}

/** Arrays of fewer elements are read as they lie, transposed or not. */
const SMALLEST_TRANSPOSED = 1024;

/** Axes shorter than this are not worth a block of their own. */
const SHORTEST_SIDE = 4;

/**
 * Whether the array is large and transposed: neighbours along its last axis lie apart, those along another next to each
 * other, so that it is read much faster in square blocks than row by row.
 */
export function isTransposed({ strides }: View, shape: Shape): boolean {
  if (shape.length < 2 || sizeOf(shape) < SMALLEST_TRANSPOSED) return false;
  const blocks = mergeAxes(shape, strides);
  const last = blocks.at(-1);
  if (last === undefined || last.stride <= 1 || last.size < SHORTEST_SIDE) return false;
  return blocks.some(({ size, stride }) => stride === 1 && size >= SHORTEST_SIDE);
}

/** Whether the elements lie one after another, in row-major order. */
export function isContiguous({ strides }: View, shape: Shape): boolean {
  const own = stridesOf(shape);
  return shape.every((size, axis) => size === 1 || strides[axis] === own[axis]);
}
