/** @file Lowerings of kernels that write at indices: over what is there, or into counts. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import { full, iota } from './creation.ts';
import { flatIndices } from './indexing.ts';
import type { Lowering, LoweringTable } from './lowering.ts';
import { attrsOf, inputOf } from './lowering.ts';

/** `rows` [size, ...] with `updates` [n, ...] in the places `indices` [n]; of several updates in one place, the last. */
function overwrite(rows: NodeId, indices: NodeId, updates: NodeId, g: GraphBuilder): NodeId {
  const [size] = g.shape(rows) as [number];
  const [n] = g.shape(indices) as [number];
  const own = iota(size, g);
  // For each place, one more than the number of the last update there; 0 if there is none.
  const isThere = g.compare('eq', g.reshape(indices, [1, n]), g.reshape(own, [size, 1]));
  const numbered = g.select(isThere, g.binary('add', iota(n, g), g.scalar(1, 'int')), g.scalar(0, 'int'));
  const last = g.reduce('max', numbered, [1]);
  const isKept = g.compare('eq', last, g.scalar(0, 'int'));
  const source = g.select(isKept, own, g.binary('add', last, g.scalar(size - 1, 'int')));
  return g.gather(g.concat([rows, updates], 0), source, 0);
}

/** `overwrite`, with index vectors [..., k] into the first k axes of an array. */
function overwriteAt(x: NodeId, indices: NodeId, updates: NodeId, g: GraphBuilder): NodeId {
  const [shape, indexShape] = [g.shape(x), g.shape(indices)];
  const k = at(indexShape, indexShape.length - 1);
  const [sizes, rest] = [shape.slice(0, k), shape.slice(k)];
  const count = sizeOf(indexShape) / k;
  const flat = g.reshape(flatIndices(indices, sizes, g), [count]);
  const rows = g.reshape(x, [sizeOf(sizes), ...rest]);
  return g.reshape(overwrite(rows, flat, g.reshape(updates, [count, ...rest]), g), shape);
}

/** Counts of 0, 1, ..., size - 1 along the last axis of one or two, or sums of the weights; greater numbers are left out. */
const bincount: Lowering = (call, g) => {
  const [x, weights] = [inputOf(call, 'x'), inputOf(call, 'weights')];
  const { size, binaryOutput = false } = attrsOf<Partial<tf.DenseBincountAttrs> & { readonly size: number }>(call);
  const dtype = g.dtype(weights);
  const shape = g.shape(x);
  const rows = sizeOf(shape.slice(0, -1));
  const entries = at(shape, shape.length - 1);
  const row = g.binary('mul', g.reshape(iota(rows, g), [rows, 1]), g.scalar(size, 'int'));
  const matrix = g.reshape(x, [rows, entries]);
  const isWithin = g.compare('lt', matrix, g.scalar(size, 'int'));
  const places = g.select(isWithin, g.binary('add', row, matrix), g.scalar(-1, 'int'));
  const isBinary = binaryOutput && shape.length === 2;
  const given = sizeOf(g.shape(weights)) > 0 && !isBinary ? weights : full(shape, 1, dtype, g);
  const count = rows * entries;
  const sums = g.scatterAdd(g.reshape(given, [count]), g.reshape(places, [count]), rows * size);
  return g.reshape(isBinary ? g.binary('min', sums, g.scalar(1, dtype)) : sums, [...shape.slice(0, -1), size]);
};

/** Kernels that write at indices. */
export const SCATTER: LoweringTable = {
  [tf.TensorScatterUpdate]: (call, g) => {
    return overwriteAt(inputOf(call, 'tensor'), inputOf(call, 'indices'), inputOf(call, 'updates'), g);
  },
  [tf.SparseToDense]: (call, g) => {
    const [indices, values] = [inputOf(call, 'sparseIndices'), inputOf(call, 'sparseValues')];
    const { outputShape } = attrsOf<tf.SparseToDenseAttrs>(call);
    // Indices are vectors [n, k], or [n] into one axis, or a single one; values are as many, or one for all.
    const indexShape = g.shape(indices);
    const count = indexShape[0] ?? 1;
    const vectors = g.reshape(indices, [count, indexShape[1] ?? 1]);
    const updates = g.broadcast(values, [count]);
    return overwriteAt(g.broadcast(inputOf(call, 'defaultValue'), outputShape), vectors, updates, g);
  },
  [tf.Bincount]: bincount,
  [tf.DenseBincount]: bincount,
};
