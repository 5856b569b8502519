/** @file Lowerings of kernels that make arrays of nothing, or of a shape alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { DType, NodeId, Shape } from '../../graph/node.ts';
import { sizeOf } from '../../graph/shape.ts';
import type { LoweringTable } from './lowering.ts';
import { attrsOf, dtypeOf, inputOf } from './lowering.ts';

/** Every entry `value`. */
export function full(shape: Shape, value: number, dtype: DType, g: GraphBuilder): NodeId {
  return g.broadcast(g.scalar(value, dtype), shape);
}

/** 0, 1, ..., n - 1, as ints. */
export function iota(n: number, g: GraphBuilder): NodeId {
  return g.constant(Array.from({ length: n }, (_, i) => i), [n], 'int');
}

/** `start, start + step, ...` up to before `stop`, by multiplication, which loses nothing on the way. */
function range({ start, stop, step }: tf.RangeAttrs): number[] {
  const isEmpty = start === stop || (start < stop && step < 0) || (stop < start && step > 1);
  if (isEmpty) return [];
  const by = stop < start && step === 1 ? -1 : step;
  return Array.from({ length: Math.abs(Math.ceil((stop - start) / step)) }, (_, i) => start + i * by);
}

/** Kernels that make arrays. */
export const CREATION: LoweringTable = {
  [tf.Fill]: (call, g) => {
    const { shape, value, dtype } = attrsOf<tf.FillAttrs>(call);
    if (typeof value === 'string') throw new Error('tensors of strings cannot be traced');
    return full(shape, Number(value), dtypeOf(dtype), g);
  },
  [tf.ZerosLike]: (call, g) => like(inputOf(call, 'x'), 0, g),
  [tf.OnesLike]: (call, g) => like(inputOf(call, 'x'), 1, g),
  [tf.Range]: (call, g) => {
    const attrs = attrsOf<tf.RangeAttrs>(call);
    const values = range(attrs);
    return g.constant(values, [values.length], dtypeOf(attrs.dtype));
  },
  [tf.LinSpace]: (call, g) => {
    const { start, stop, num } = attrsOf<tf.LinSpaceAttrs>(call);
    const step = num > 1 ? (stop - start) / (num - 1) : 0;
    return g.constant(Array.from({ length: num }, (_, i) => start + i * step), [num], 'float');
  },
  [tf.OneHot]: (call, g) => {
    const { depth, onValue, offValue, dtype } = attrsOf<tf.OneHotAttrs>(call);
    const indices = inputOf(call, 'indices');
    const isHot = g.compare('eq', g.reshape(indices, [...g.shape(indices), 1]), iota(depth, g));
    const type = dtypeOf(dtype);
    // Typed arrays of whole numbers drop fractions.
    const scalar = (value: number): NodeId => g.scalar(type === 'int' ? Math.trunc(value) : value, type);
    return g.select(isHot, scalar(onValue), scalar(offValue));
  },
  [tf.Diag]: (call, g) => {
    const x = inputOf(call, 'x');
    const shape = g.shape(x);
    const n = sizeOf(shape);
    const isDiagonal = g.compare('eq', g.reshape(iota(n, g), [n, 1]), iota(n, g));
    const diagonal = g.select(isDiagonal, g.reshape(x, [n, 1]), g.scalar(0, g.dtype(x)));
    return g.reshape(diagonal, [...shape, ...shape]);
  },
};

function like(x: NodeId, value: number, g: GraphBuilder): NodeId {
  return full(g.shape(x), value, g.dtype(x), g);
}
