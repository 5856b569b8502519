/** @file Lowerings of kernels that move data about. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId, Shape } from '../../graph/node.ts';
import { at, sizeOf } from '../../graph/shape.ts';
import type { LoweringTable } from './lowering.ts';
import { attrsOf, inputList, inputOf } from './lowering.ts';

/** tfjs's functions of shapes want arrays that it may change. */
const mutable = (shape: Shape): number[] => [...shape];

function axesOf(axis: number | number[], shape: Shape): number[] {
  return tf.util.parseAxisParam(axis, mutable(shape));
}

/** `x` with an axis of size 1 put in at `axis`. */
function expand(x: NodeId, axis: number, g: GraphBuilder): NodeId {
  const shape = mutable(g.shape(x));
  shape.splice(axis < 0 ? axis + shape.length + 1 : axis, 0, 1);
  return g.reshape(x, shape);
}

/** The parts of `x` along `axis`, of the given sizes. */
function split(x: NodeId, sizes: readonly number[], axis: number, g: GraphBuilder): NodeId[] {
  const shape = g.shape(x);
  let start = 0;
  return sizes.map((size) => {
    const begin = shape.map((_, i) => (i === axis ? start : 0));
    start += size;
    return g.slice(x, begin, shape.map((n, i) => (i === axis ? size : n)));
  });
}

function reverse(x: NodeId, axes: readonly number[], g: GraphBuilder): NodeId {
  const shape = g.shape(x);
  const begin = shape.map((n, axis) => (axes.includes(axis) ? Math.max(n - 1, 0) : 0));
  return g.slice(x, begin, shape, shape.map((_, axis) => (axes.includes(axis) ? -1 : 1)));
}

/** Repeats every axis a number of times, by broadcasting a new axis before it. */
function tile(x: NodeId, reps: readonly number[], g: GraphBuilder): NodeId {
  const shape = g.shape(x);
  const apart = g.reshape(x, shape.flatMap((n) => [1, n]));
  const repeated = g.broadcast(apart, shape.flatMap((n, axis) => [at(reps, axis), n]));
  return g.reshape(repeated, shape.map((n, axis) => n * at(reps, axis)));
}

/** Entries mirrored about the edge (`offset` 0) or about the line beyond it (`offset` 1). */
function mirror(x: NodeId, [before, after]: readonly [number, number], axis: number, offset: number, g: GraphBuilder): NodeId {
  if (before === 0 && after === 0) return x;
  const n = at(g.shape(x), axis);
  const indices = Array.from({ length: before + n + after }, (_, i) => {
    const position = i - before;
    if (position < 0) return -position - offset;
    return position < n ? position : 2 * (n - 1) - position + offset;
  });
  return g.gather(x, g.constant(indices, [indices.length], 'int'), axis);
}

/** Kernels that change the order, shape or extent of arrays. */
export const MOVEMENT: LoweringTable = {
  [tf.Reshape]: (call, g) => {
    const x = inputOf(call, 'x');
    return g.reshape(x, tf.util.inferFromImplicitShape(attrsOf<tf.ReshapeAttrs>(call).shape, sizeOf(g.shape(x))));
  },
  [tf.ExpandDims]: (call, g) => expand(inputOf(call, 'input'), attrsOf<tf.ExpandDimsAttrs>(call).dim, g),
  [tf.Transpose]: (call, g) => g.transpose(inputOf(call, 'x'), attrsOf<tf.TransposeAttrs>(call).perm),
  [tf.Slice]: (call, g) => {
    const x = inputOf(call, 'x');
    const { begin, size } = attrsOf<tf.SliceAttrs>(call);
    const shape = mutable(g.shape(x));
    // All that tfjs looks at here is the shape and the rank.
    const [from = [], extent = []] = tf.slice_util.parseSliceParams({ shape, rank: shape.length } as tf.Tensor, begin, size);
    return g.slice(x, from, extent);
  },
  [tf.StridedSlice]: (call, g) => {
    const x = inputOf(call, 'x');
    const a = attrsOf<tf.StridedSliceAttrs>(call);
    const { finalShape, begin, end, strides } = tf.slice_util.sliceInfo(
      mutable(g.shape(x)),
      a.begin,
      a.end,
      a.strides,
      a.beginMask,
      a.endMask,
      a.ellipsisMask,
      a.newAxisMask,
      a.shrinkAxisMask,
    );
    const extent = tf.slice_util.computeOutShape(begin, end, strides).map((n) => Math.max(n, 0));
    return g.reshape(g.slice(x, begin, extent, strides), finalShape);
  },
  [tf.Reverse]: (call, g) => {
    const x = inputOf(call, 'x');
    return reverse(x, axesOf(attrsOf<tf.ReverseAttrs>(call).dims, g.shape(x)), g);
  },
  [tf.FlipLeftRight]: (call, g) => reverse(inputOf(call, 'image'), [2], g),
  [tf.Concat]: (call, g) => {
    const parts = inputList(call);
    return g.concat(parts, at(axesOf(attrsOf<tf.ConcatAttrs>(call).axis, g.shape(at(parts, 0))), 0));
  },
  [tf.Pack]: (call, g) => {
    const parts = inputList(call);
    const { axis } = attrsOf<tf.PackAttrs>(call);
    const place = axis < 0 ? axis + g.shape(at(parts, 0)).length + 1 : axis;
    return g.concat(parts.map((part) => expand(part, place, g)), place);
  },
  [tf.Unpack]: (call, g) => {
    const x = inputOf(call, 'value');
    const shape = g.shape(x);
    const axis = at(axesOf(attrsOf<tf.UnpackAttrs>(call).axis, shape), 0);
    const parts = split(x, Array.from({ length: at(shape, axis) }, () => 1), axis, g);
    return parts.map((part) => g.reshape(part, shape.filter((_, i) => i !== axis)));
  },
  [tf.SplitV]: (call, g) => {
    const x = inputOf(call, 'x');
    const { numOrSizeSplits, axis } = attrsOf<tf.SplitVAttrs>(call);
    const shape = mutable(g.shape(x));
    const along = at(axesOf(axis, shape), 0);
    return split(x, tf.backend_util.prepareSplitSize({ shape } as tf.Tensor, numOrSizeSplits, along), along, g);
  },
  [tf.PadV2]: (call, g) => {
    const { paddings, constantValue } = attrsOf<tf.PadV2Attrs>(call);
    return g.pad(inputOf(call, 'x'), paddings.map(([n]) => n), paddings.map(([, n]) => n), constantValue);
  },
  [tf.MirrorPad]: (call, g) => {
    const { paddings, mode } = attrsOf<tf.MirrorPadAttrs>(call);
    const offset = mode === 'reflect' ? 0 : 1;
    return paddings.reduce((x, ends, axis) => mirror(x, ends, axis, offset, g), inputOf(call, 'x'));
  },
  [tf.Tile]: (call, g) => tile(inputOf(call, 'x'), attrsOf<tf.TileAttrs>(call).reps, g),
  [tf.SpaceToBatchND]: (call, g) => {
    const { blockShape, paddings } = attrsOf<tf.SpaceToBatchNDAttrs>(call);
    const x = inputOf(call, 'x');
    const ends = g.shape(x).map((_, axis) => paddings[axis - 1] ?? [0, 0]);
    const padded = g.pad(x, ends.map((end) => at(end, 0)), ends.map((end) => at(end, 1)), 0);
    const shape = mutable(g.shape(padded));
    const blocks = sizeOf(blockShape);
    const apart = g.reshape(padded, tf.backend_util.getReshaped(shape, blockShape, blocks, false));
    const order = tf.backend_util.getPermuted(g.shape(apart).length, blockShape.length, false);
    return g.reshape(g.transpose(apart, order), tf.backend_util.getReshapedPermuted(shape, blockShape, blocks, false));
  },
  [tf.BatchToSpaceND]: (call, g) => {
    const { blockShape, crops } = attrsOf<tf.BatchToSpaceNDAttrs>(call);
    const x = inputOf(call, 'x');
    const shape = mutable(g.shape(x));
    const blocks = sizeOf(blockShape);
    const apart = g.reshape(x, tf.backend_util.getReshaped(shape, blockShape, blocks));
    const order = tf.backend_util.getPermuted(g.shape(apart).length, blockShape.length);
    const whole = tf.backend_util.getReshapedPermuted(shape, blockShape, blocks);
    const begin = tf.backend_util.getSliceBeginCoords(crops, blockShape.length);
    const size = tf.backend_util.getSliceSize(whole, crops, blockShape.length);
    return g.slice(
      g.reshape(g.transpose(apart, order), whole),
      whole.map((_, axis) => begin[axis] ?? 0),
      whole.map((n, axis) => size[axis] ?? n),
    );
  },
  [tf.DepthToSpace]: (call, g) => {
    const x = inputOf(call, 'x');
    const { blockSize, dataFormat } = attrsOf<tf.DepthToSpaceAttrs>(call);
    if (dataFormat !== 'NHWC') throw new Error(`depthToSpace: only data format NHWC is supported, got ${dataFormat}`);
    const [batch, height, width, depth] = g.shape(x) as [number, number, number, number];
    const apart = g.reshape(x, [batch, height, width, blockSize, blockSize, depth / blockSize ** 2]);
    const [h, w] = [height * blockSize, width * blockSize];
    return g.reshape(g.transpose(apart, [0, 1, 3, 2, 4, 5]), [batch, h, w, depth / blockSize ** 2]);
  },
};
