/** @file Lowerings of reductions and running sums. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId, Reduction } from '../../graph/node.ts';
import { at } from '../../graph/shape.ts';
import type { KernelCall, Lowering, LoweringTable } from './lowering.ts';
import { attrsOf, inputOf } from './lowering.ts';

/** The attributes of reductions; `Max` alone calls its axes otherwise. */
interface ReductionAttrs {
  readonly axis?: number | number[];
  readonly reductionIndices?: number | number[];
  readonly keepDims?: boolean;
}

function axesOf(call: KernelCall, x: NodeId, g: GraphBuilder): number[] {
  const { axis, reductionIndices } = attrsOf<ReductionAttrs>(call);
  const shape = [...g.shape(x)];
  return tf.util.parseAxisParam(axis ?? reductionIndices ?? shape.map((_, i) => i), shape);
}

/** `x` reduced over `axes`, which stay with size 1 if so asked. */
function reduce(fn: Reduction, x: NodeId, axes: readonly number[], keepDims: boolean, g: GraphBuilder): NodeId {
  const reduced = g.reduce(fn, x, axes);
  return keepDims ? g.reshape(reduced, g.shape(x).map((n, axis) => (axes.includes(axis) ? 1 : n))) : reduced;
}

/** A reduction of numbers; those of bools are of ints. */
const numeric =
  (fn: Reduction): Lowering =>
  (call, g) => {
    const x = inputOf(call, 'x');
    const numbers = g.dtype(x) === 'bool' && (fn === 'sum' || fn === 'prod') ? g.cast(x, 'int') : x;
    return reduce(fn, numbers, axesOf(call, x, g), attrsOf<ReductionAttrs>(call).keepDims === true, g);
  };

const cumulative =
  (fn: 'sum' | 'prod'): Lowering =>
  (call, g) => {
    const x = inputOf(call, 'x');
    const { axis, exclusive, reverse } = attrsOf<tf.CumsumAttrs>(call);
    const along = at(tf.util.parseAxisParam(axis, [...g.shape(x)]), 0);
    return g.cumulative(fn, g.dtype(x) === 'bool' ? g.cast(x, 'int') : x, along, exclusive, reverse);
  };

/** tfjs takes the index along the first of the axes given. */
const indexOf =
  (fn: 'argmax' | 'argmin'): Lowering =>
  (call, g) => {
    const x = inputOf(call, 'x');
    return g.reduce(fn, x, axesOf(call, x, g).slice(0, 1));
  };

/** Kernels that run along axes. */
export const REDUCTION: LoweringTable = {
  [tf.Sum]: numeric('sum'),
  [tf.Prod]: numeric('prod'),
  [tf.Max]: numeric('max'),
  [tf.Min]: numeric('min'),
  [tf.All]: numeric('all'),
  [tf.Any]: numeric('any'),
  [tf.ArgMax]: indexOf('argmax'),
  [tf.ArgMin]: indexOf('argmin'),
  [tf.Mean]: (call, g) => {
    const x = inputOf(call, 'x');
    const axes = axesOf(call, x, g);
    const count = axes.reduce((product, axis) => product * at(g.shape(x), axis), 1);
    const total = reduce('sum', g.cast(x, 'float'), axes, attrsOf<ReductionAttrs>(call).keepDims === true, g);
    return g.binary('div', total, g.scalar(count));
  },
  [tf.Cumsum]: cumulative('sum'),
  [tf.Cumprod]: cumulative('prod'),
  [tf.Softmax]: (call, g) => {
    const logits = inputOf(call, 'logits');
    const axes = [at(tf.util.parseAxisParam(attrsOf<tf.SoftmaxAttrs>(call).dim, [...g.shape(logits)]), 0)];
    const greatest = reduce('max', logits, axes, true, g);
    const terms = g.unary('exp', g.binary('sub', logits, greatest));
    return g.binary('div', terms, reduce('sum', terms, axes, true, g));
  },
};
