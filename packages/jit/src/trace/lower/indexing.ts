/** @file Lowerings of kernels that look entries up by index. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/node.ts';
import { at, sizeOf, stridesOf } from '../../graph/shape.ts';
import { iota } from './creation.ts';
import type { LoweringTable } from './lowering.ts';
import { attrsOf, inputOf } from './lowering.ts';

/**
 * Gathers along `axis` with other indices for each entry of the first `batchDims` axes: the indices are moved to where
 * their batch entry lies in an array whose batch, outer and gathered axes are one.
 */
function gatherBatched(x: NodeId, indices: NodeId, axis: number, batchDims: number, g: GraphBuilder): NodeId {
  const [shape, indexShape] = [g.shape(x), g.shape(indices)];
  const batch = sizeOf(shape.slice(0, batchDims));
  const outer = sizeOf(shape.slice(batchDims, axis));
  const size = at(shape, axis);
  const inner = shape.slice(axis + 1);
  const perBatch = sizeOf(indexShape.slice(batchDims));
  const row = g.binary('mul', g.reshape(iota(batch * outer, g), [batch, outer, 1]), g.scalar(size, 'int'));
  const flat = g.binary('add', g.reshape(indices, [batch, 1, perBatch]), row);
  const gathered = g.gather(g.reshape(x, [batch * outer * size, ...inner]), flat, 0);
  return g.reshape(gathered, [...shape.slice(0, axis), ...indexShape.slice(batchDims), ...inner]);
}

/** Index vectors [..., k] into the first k axes of an array, as positions [...] along those axes made one. */
export function flatIndices(indices: NodeId, sizes: readonly number[], g: GraphBuilder): NodeId {
  const strides = g.constant(stridesOf(sizes), [sizes.length], 'int');
  const shape = g.shape(indices);
  return g.reduce('sum', g.binary('mul', indices, strides), [shape.length - 1]);
}

/** Kernels that gather and scatter. */
export const INDEXING: LoweringTable = {
  [tf.GatherV2]: (call, g) => {
    const [x, indices] = [inputOf(call, 'x'), inputOf(call, 'indices')];
    const { axis, batchDims = 0 } = attrsOf<Partial<tf.GatherV2Attrs>>(call);
    const along = at(tf.util.parseAxisParam(axis ?? 0, [...g.shape(x)]), 0);
    return batchDims === 0 ? g.gather(x, indices, along) : gatherBatched(x, indices, along, batchDims, g);
  },
  [tf.GatherNd]: (call, g) => {
    const [x, indices] = [inputOf(call, 'params'), inputOf(call, 'indices')];
    const shape = g.shape(x);
    const k = at(g.shape(indices), g.shape(indices).length - 1);
    const [sizes, rest] = [shape.slice(0, k), shape.slice(k)];
    return g.gather(g.reshape(x, [sizeOf(sizes), ...rest]), flatIndices(indices, sizes, g), 0);
  },
  [tf.ScatterNd]: (call, g) => {
    const [indices, updates] = [inputOf(call, 'indices'), inputOf(call, 'updates')];
    const { shape } = attrsOf<tf.ScatterNdAttrs>(call);
    const k = at(g.shape(indices), g.shape(indices).length - 1);
    const [sizes, rest] = [shape.slice(0, k), shape.slice(k)];
    const count = sizeOf(g.shape(indices)) / k;
    const flat = g.reshape(flatIndices(indices, sizes, g), [count]);
    return g.reshape(g.scatterAdd(g.reshape(updates, [count, ...rest]), flat, sizeOf(sizes)), shape);
  },
  [tf.UnsortedSegmentSum]: (call, g) => {
    const [x, ids] = [inputOf(call, 'x'), inputOf(call, 'segmentIds')];
    const { numSegments } = attrsOf<tf.UnsortedSegmentSumAttrs>(call);
    const rest = g.shape(x).slice(g.shape(ids).length);
    const count = sizeOf(g.shape(ids));
    return g.scatterAdd(g.reshape(x, [count, ...rest]), g.reshape(ids, [count]), numSegments);
  },
  // How many of the sequence come before the value: for sorted sequences, the place to put it.
  [tf.SearchSorted]: (call, g) => {
    const [sequence, values] = [inputOf(call, 'sortedSequence'), inputOf(call, 'values')];
    const { side } = attrsOf<tf.SearchSortedAttrs>(call);
    const [batch, n] = g.shape(sequence) as [number, number];
    const [, m] = g.shape(values) as [number, number];
    const rows = g.reshape(sequence, [batch, 1, n]);
    const columns = g.reshape(values, [batch, m, 1]);
    const isBefore = g.compare(side === 'left' ? 'lt' : 'le', rows, columns);
    return g.reduce('sum', g.cast(isBefore, 'int'), [2]);
  },
};
