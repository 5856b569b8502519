/** @file Every kernel with a lowering, against tfjs's cpu backend. */
import * as tf from '@tensorflow/tfjs-core';
import { interpret } from '../../src/graph/interpret.ts';
import { KERNELS } from '../../src/trace/lower/registry.ts';
import { traceGraph } from '../../src/trace/traceGraph.ts';
import type { TraceableFunction } from '../../src/trace/recording.ts';
import type { Argument } from '../helpers/agree.ts';
import { expectAgreement, expectTrueGradient, floats } from '../helpers/agree.ts';
import { integers } from '../helpers/numbers.ts';
import { useCpu } from '../helpers/tfjs.ts';

beforeAll(useCpu);

const ints = (shape: number[], n: number, seed = 3): Argument => ({
  shape,
  values: integers(shape.reduce((a, b) => a * b, 1), n, seed),
  dtype: 'int32',
});
const bools = (shape: number[], seed = 5): Argument => ({ ...ints(shape, 2, seed), dtype: 'bool' });

/** A function with the kernels that tracing it must meet. */
interface Case {
  readonly kernels: readonly string[];
  readonly fn: TraceableFunction;
  readonly args: readonly Argument[];
}

const cases: Case[] = [];

function add(kernels: string | readonly string[], fn: TraceableFunction, ...args: Argument[]): void {
  cases.push({ kernels: [kernels].flat(), fn, args });
}

/** Entries at which tfjs's conventions show: halves, zeros, signs, the not finite. */
const awkward: Argument = { shape: [9], values: [-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5, Infinity, -Infinity] };

// Elementwise, over the domain of each function.
for (const [kernel, fn, low, high] of [
  [tf.Abs, tf.abs, -2, 2],
  [tf.Acos, tf.acos, -0.9, 0.9],
  [tf.Acosh, tf.acosh, 1.1, 5],
  [tf.Asin, tf.asin, -0.9, 0.9],
  [tf.Asinh, tf.asinh, -3, 3],
  [tf.Atan, tf.atan, -3, 3],
  [tf.Atanh, tf.atanh, -0.9, 0.9],
  [tf.Ceil, tf.ceil, -5, 5],
  [tf.Cos, tf.cos, -5, 5],
  [tf.Cosh, tf.cosh, -2, 2],
  [tf.Elu, tf.elu, -2, 2],
  [tf.Erf, tf.erf, -3, 3],
  [tf.Exp, tf.exp, -3, 3],
  [tf.Expm1, tf.expm1, -2, 2],
  [tf.Floor, tf.floor, -5, 5],
  [tf.Log, tf.log, 0.1, 5],
  [tf.Log1p, tf.log1p, -0.9, 5],
  [tf.Neg, tf.neg, -2, 2],
  [tf.Reciprocal, tf.reciprocal, 0.2, 3],
  [tf.Relu, tf.relu, -2, 2],
  [tf.Relu6, tf.relu6, -2, 9],
  [tf.Round, tf.round, -5, 5],
  [tf.Rsqrt, tf.rsqrt, 0.2, 5],
  [tf.Selu, tf.selu, -2, 2],
  [tf.Sigmoid, tf.sigmoid, -5, 5],
  [tf.Sign, tf.sign, -2, 2],
  [tf.Sin, tf.sin, -5, 5],
  [tf.Sinh, tf.sinh, -2, 2],
  [tf.Softplus, tf.softplus, -5, 5],
  [tf.Sqrt, tf.sqrt, 0, 5],
  [tf.Square, tf.square, -2, 2],
  [tf.Step, tf.step, -2, 2],
  [tf.Tan, tf.tan, -1, 1],
  [tf.Tanh, tf.tanh, -3, 3],
] as [string, (x: tf.Tensor) => tf.Tensor, number, number][]) {
  add(kernel, fn, floats([2, 3, 4], low, high));
}
for (const [kernel, fn] of [
  [tf.Round, tf.round],
  [tf.Sign, tf.sign],
  [tf.Relu, tf.relu],
  [tf.Step, tf.step],
  [tf.IsFinite, tf.isFinite],
  [tf.IsInf, tf.isInf],
  [tf.IsNan, tf.isNaN],
  [tf.Floor, tf.floor],
] as [string, (x: tf.Tensor) => tf.Tensor][]) {
  add(kernel, fn, awkward);
}
add(tf.IsNan, (x) => tf.isNaN(tf.log(x)), awkward);
add(tf.LeakyRelu, (x) => tf.leakyRelu(x, 0.3), floats([3, 4]));
add(tf.Prelu, (x, alpha) => tf.prelu(x, alpha), floats([2, 3, 4]), floats([4], 0, 1));
add(tf.ClipByValue, (x) => tf.clipByValue(x, -0.7, 1.1), floats([3, 4]));
add(tf.Step, (x) => tf.step(x, 0.3), floats([5]));

for (const [kernel, fn] of [
  [tf.Add, tf.add],
  [tf.Atan2, tf.atan2],
  [tf.FloorDiv, tf.floorDiv],
  [tf.Maximum, tf.maximum],
  [tf.Minimum, tf.minimum],
  [tf.Mod, tf.mod],
  [tf.Multiply, tf.mul],
  [tf.RealDiv, tf.div],
  [tf.SquaredDifference, tf.squaredDifference],
  [tf.Sub, tf.sub],
  [tf.Equal, tf.equal],
  [tf.Greater, tf.greater],
  [tf.GreaterEqual, tf.greaterEqual],
  [tf.Less, tf.less],
  [tf.LessEqual, tf.lessEqual],
  [tf.NotEqual, tf.notEqual],
] as [string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor][]) {
  add(kernel, fn, floats([2, 1, 4]), floats([3, 1], 0.5, 3, 2));
  add(kernel === tf.RealDiv ? tf.FloorDiv : kernel, fn, ints([2, 5], 7), { ...ints([5], 3, 9), values: [1, 2, 3, 2, 5] });
}
add(tf.Mod, tf.mod, floats([20]), floats([20], -3, 3, 8));
add(tf.FloorDiv, tf.floorDiv, { shape: [4], values: [-7, 7, -7, 7], dtype: 'int32' }, { shape: [4], values: [2, 2, -2, -2], dtype: 'int32' });
add(tf.Pow, tf.pow, floats([2, 3], 0.1, 3), floats([3], -2, 2, 4));
add(tf.AddN, (a, b, c) => tf.addN([a!, b!, c!]), floats([2, 3]), floats([2, 3], -1, 1, 2), floats([2, 3], -1, 1, 3));
add(tf.LogicalAnd, tf.logicalAnd, bools([2, 4]), bools([4], 6));
add(tf.LogicalOr, tf.logicalOr, bools([2, 4]), bools([4], 6));
add(tf.LogicalNot, tf.logicalNot, bools([2, 4]));
add(tf.Select, (c, a, b) => tf.where(c!, a!, b!), bools([2, 3]), floats([2, 3]), floats([3], 5, 6));
add(tf.Select, (c, a, b) => tf.where(c!, a!, b!), bools([3]), ints([3], 9), floats([2, 3], 5, 6));
add(tf.Cast, (x) => tf.cast(x, 'int32'), floats([8], -3, 3));
add(tf.Cast, (x) => tf.cast(x, 'bool'), ints([8], 3));
add(tf.Cast, (x) => tf.cast(x, 'float32'), bools([8]));
add(tf.Identity, (x) => tf.clone(x), floats([3]));

// Moving data.
const cube = floats([2, 3, 4]);
add(tf.Reshape, (x) => tf.reshape(x, [4, -1]), cube);
add(tf.ExpandDims, (x) => tf.expandDims(x, -1), cube);
add(tf.Transpose, (x) => tf.transpose(x, [2, 0, 1]), cube);
add(tf.Transpose, (x) => tf.transpose(x), cube);
add(tf.Slice, (x) => tf.slice(x, [1, 0, 1], [-1, 2, 2]), cube);
add(tf.StridedSlice, (x) => tf.stridedSlice(x, [0, 2, 1], [2, 0, 4], [1, -1, 2]), cube);
add(tf.StridedSlice, (x) => tf.stridedSlice(x, [1, 0], [2, 2], [1, 1], 0, 0, 0, 0, 1), cube);
add(tf.Reverse, (x) => tf.reverse(x, [0, -1]), cube);
add(tf.FlipLeftRight, (x) => tf.image.flipLeftRight(x as tf.Tensor4D), floats([2, 3, 4, 2]));
add(tf.Concat, (a, b) => tf.concat([a!, b!], 1), cube, floats([2, 2, 4], 5, 6));
add(tf.Concat, (a, b) => tf.concat([a!, b!], -1), cube, floats([2, 3, 0]));
add(tf.Pack, (a, b) => tf.stack([a!, b!], 2), cube, floats([2, 3, 4], 5, 6));
add(tf.Unpack, (x) => tf.unstack(x, 1), cube);
add(tf.SplitV, (x) => tf.split(x, [1, -1, 1], 2), cube);
add(tf.SplitV, (x) => tf.split(x, 2, -1), cube);
add(tf.PadV2, (x) => tf.pad(x, [[1, 0], [0, 2], [1, 1]], -3), cube);
add(tf.MirrorPad, (x) => tf.mirrorPad(x, [[1, 0], [2, 1], [3, 3]], 'reflect'), cube);
add(tf.MirrorPad, (x) => tf.mirrorPad(x, [[2, 1], [3, 0], [1, 4]], 'symmetric'), cube);
add(tf.Tile, (x) => tf.tile(x, [2, 1, 3]), cube);
add(tf.Tile, (x) => tf.broadcastTo(x, [2, 3, 4]), floats([3, 1]));
const dilated: TraceableFunction = (x) => tf.pool(x as tf.Tensor4D, [2, 2], 'max', 'same', [2, 2], 1);
add([tf.SpaceToBatchND, tf.BatchToSpaceND, tf.MaxPool], dilated, floats([1, 5, 6, 2]));
add(tf.SpaceToBatchND, (x) => tf.spaceToBatchND(x, [2, 2], [[1, 0], [0, 2]]), floats([2, 3, 4, 2]));
add(tf.BatchToSpaceND, (x) => tf.batchToSpaceND(x, [2, 2], [[1, 0], [0, 2]]), floats([4, 3, 4, 2]));
add(tf.DepthToSpace, (x) => tf.depthToSpace(x as tf.Tensor4D, 2), floats([2, 2, 3, 8]));
add(tf.ZerosLike, (x) => tf.zerosLike(x), cube);
add(tf.OnesLike, (x) => tf.onesLike(x), ints([3], 4));
add(tf.OneHot, (x) => tf.oneHot(x, 4, 0.9, 0.1), { shape: [2, 3], values: [0, 3, 1, 2, -1, 4], dtype: 'int32' });
add(tf.Diag, (x) => tf.diag(x), floats([2, 2]));

// Looking up.
add(tf.GatherV2, (x, i) => tf.gather(x!, i!, 1), cube, ints([2, 5], 3));
add(tf.GatherV2, (x, i) => tf.gather(x!, i!, 1, 1), cube, ints([2, 5], 3));
add(tf.GatherV2, (x, i) => tf.gather(x!, i!, 2, 1), cube, ints([2, 5], 4));
add(tf.GatherNd, (x, i) => tf.gatherND(x!, i!), cube, { shape: [3, 2], values: [1, 2, 0, 0, 1, 1], dtype: 'int32' });
const twice: Argument = { shape: [4, 1], values: [2, 0, 2, 1], dtype: 'int32' };
add(tf.TensorScatterUpdate, (x, i, u) => tf.tensorScatterUpdate(x!, i!, u!), floats([5, 2]), twice, floats([4, 2]));
add(tf.TensorScatterUpdate, (x, u) => tf.tensorScatterUpdate(x!, [[1, 2], [0, 0]], u!), floats([2, 3]), floats([2]));
add(tf.SparseToDense, (i, v) => tf.sparseToDense(i!, v!, [5], -1), { ...twice, shape: [4] }, floats([4]));
add(tf.SparseToDense, (v) => tf.sparseToDense([[1, 2], [0, 1]], v!, [2, 3]), floats([]));
add(tf.Bincount, (x, w) => tf.bincount(x as tf.Tensor1D, w as tf.Tensor1D, 4), ints([9], 6), floats([9]));
add(tf.DenseBincount, (x) => tf.denseBincount(x as tf.Tensor1D, tf.tensor1d([]), 4), ints([9], 6));
add(tf.DenseBincount, (x, w) => tf.denseBincount(x as tf.Tensor2D, w as tf.Tensor2D, 4), ints([3, 5], 6), floats([3, 5]));
add(tf.DenseBincount, (x) => tf.denseBincount(x as tf.Tensor2D, tf.tensor2d([], [0, 0]), 4, true), ints([3, 5], 6));
add(tf.ScatterNd, (i, x) => tf.scatterND(i!, x!, [3, 4, 2]), { shape: [3, 2], values: [1, 2, 0, 3, 1, 2], dtype: 'int32' }, floats([3, 2]));
add(tf.UnsortedSegmentSum, (x, i) => tf.unsortedSegmentSum(x!, i as tf.Tensor1D, 4), cube, { ...ints([2], 4), values: [2, 2] });
const sorted: Argument = { shape: [2, 5], values: [0, 1, 1, 2, 3, -2, -1, 0, 0.5, 4] };
for (const side of ['left', 'right'] as const) {
  add(tf.SearchSorted, (s, v) => tf.searchSorted(s!, v!, side), sorted, { shape: [2, 3], values: [1, 5, -9, 0, 0.7, -1] });
}

// Along axes.
for (const [kernel, fn] of [
  [tf.Sum, tf.sum],
  [tf.Mean, tf.mean],
  [tf.Prod, tf.prod],
  [tf.Max, tf.max],
  [tf.Min, tf.min],
] as [string, (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor][]) {
  add(kernel, (x) => fn(x), cube);
  add(kernel, (x) => fn(x, [-1, 0]), cube);
  add(kernel, (x) => fn(x, 1, true), ints([2, 3, 2], 6));
}
add(tf.Sum, (x) => tf.sum(x), bools([2, 4]));
add(tf.All, (x) => tf.all(x, 0), bools([2, 4]));
add(tf.Any, (x) => tf.any(x, 1, true), bools([2, 4]));
add(tf.ArgMax, (x) => tf.argMax(x, 1), ints([3, 5], 3));
add(tf.ArgMin, (x) => tf.argMin(x, -1), cube);
for (const [exclusive, reverse] of [[false, false], [true, false], [false, true], [true, true]] as const) {
  add(tf.Cumsum, (x) => tf.cumsum(x, 1, exclusive, reverse), cube);
  add(tf.Cumprod, (x) => tf.cumprod(x, 2, exclusive, reverse), cube);
}
add(tf.Cumsum, (x) => tf.cumsum(x, 0), bools([6]));
add(tf.Softmax, (x) => tf.softmax(x), cube);

// Products.
for (const [ta, tb] of [[false, false], [true, false], [false, true], [true, true]] as const) {
  add(tf.BatchMatMul, (a, b) => tf.matMul(a!, b!, ta, tb), floats(ta ? [3, 2] : [2, 3]), floats(tb ? [4, 3] : [3, 4]));
}
add(tf.BatchMatMul, (a, b) => tf.matMul(a!, b!), floats([2, 5, 2, 3]), floats([3, 4]));
for (const activation of ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const) {
  add(
    tf._FusedMatMul,
    (a, b, bias, preluActivationWeights) =>
      tf.fused.matMul({ a: a!, b: b!, bias: bias!, activation, preluActivationWeights: preluActivationWeights!, leakyreluAlpha: 0.3 }),
    floats([2, 3]),
    floats([3, 4], -2, 2, 2),
    floats([4]),
    floats([4], 0, 1),
  );
}
for (const [equation, ...shapes] of [
  ['ij,jk->ik', [2, 3], [3, 4]],
  ['bij,bkj->bik', [5, 2, 3], [5, 4, 3]],
  ['ij->j', [2, 3]],
  ['ij->ji', [2, 3]],
  ['i,j->ij', [3], [4]],
  ['ijk,k->ij', [2, 3, 4], [4]],
  ['ijk,ik->j', [2, 3, 4], [2, 4]],
] as [string, ...number[][]][]) {
  add(tf.Einsum, (...xs) => tf.einsum(equation, ...xs), ...shapes.map((shape, i) => floats(shape, -1, 1, i + 1)));
}

// Convolutions and pooling; their gradients are reached below.
const image = floats([2, 5, 6, 3]);
for (const [strides, pad, dilations] of [[1, 'same', 1], [2, 'valid', 1], [[2, 1], 'same', 1], [1, 'valid', [1, 2]], [1, 1, 1]] as const) {
  const s = typeof strides === 'number' ? strides : ([...strides] as [number, number]);
  const d = typeof dilations === 'number' ? dilations : ([...dilations] as [number, number]);
  const filter = floats([2, 3, 3, 4], -1, 1, 2);
  add(tf.Conv2D, (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, s, pad, 'NHWC', d), image, filter);
  const deep = floats([2, 3, 3, 2], -1, 1, 2);
  const one = d === 1 && typeof s === 'number' ? s : 1;
  add(tf.DepthwiseConv2dNative, (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, one, pad, 'NHWC', d), image, deep);
}
add(tf.Conv2D, (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NCHW'), floats([2, 3, 5, 6]), floats([2, 3, 3, 4]));
add(
  tf.FusedConv2D,
  (x, filter, bias) =>
    tf.fused.conv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 1, pad: 'same', bias: bias!, activation: 'relu' }),
  image,
  floats([2, 2, 3, 4]),
  floats([4]),
);
add(
  tf.FusedDepthwiseConv2D,
  (x, filter, bias) =>
    tf.fused.depthwiseConv2d({ x: x as tf.Tensor4D, filter: filter as tf.Tensor4D, strides: 1, pad: 'same', bias: bias!, activation: 'relu6' }),
  image,
  floats([2, 2, 3, 2]),
  floats([6]),
);
const volume = floats([1, 4, 5, 3, 2]);
add(tf.Conv3D, (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, [1, 2, 1], 'same'), volume, floats([2, 3, 2, 2, 3]));
for (const [size, strides, pad] of [[2, 2, 'valid'], [[3, 2], 1, 'same'], [3, [2, 1], 'same'], [2, 1, 1]] as const) {
  const f = typeof size === 'number' ? size : ([...size] as [number, number]);
  const s = typeof strides === 'number' ? strides : ([...strides] as [number, number]);
  add(tf.MaxPool, (x) => tf.maxPool(x as tf.Tensor4D, f, s, pad), image);
  add(tf.AvgPool, (x) => tf.avgPool(x as tf.Tensor4D, f, s, pad), image);
}
add(tf.MaxPool3D, (x) => tf.maxPool3d(x as tf.Tensor5D, 2, [2, 1, 1], 'same'), volume);
add(tf.AvgPool3D, (x) => tf.avgPool3d(x as tf.Tensor5D, [2, 3, 2], 1, 'same'), volume);
add(
  tf.FusedBatchNorm,
  (x, mean, variance, offset, scale) =>
    tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 0.01),
  image,
  floats([3]),
  floats([3], 0.5, 2),
  floats([3], -1, 1, 7),
  floats([3], 0.5, 2, 8),
);
add(tf.FusedBatchNorm, (x, mean, variance) => tf.batchNorm(x!, mean as tf.Tensor1D, variance as tf.Tensor1D), image, floats([3]), floats([3], 0.5, 2));
add(tf.LRN, (x) => tf.localResponseNormalization(x as tf.Tensor4D, 1, 1.5, 0.7, 0.6), floats([2, 3, 2, 5]));
for (const [alignCorners, halfPixels] of [[false, false], [true, false], [false, true]] as const) {
  for (const size of [[3, 9], [8, 4]] as [number, number][]) {
    add(tf.ResizeBilinear, (x) => tf.image.resizeBilinear(x as tf.Tensor4D, size, alignCorners, halfPixels), image);
    add(tf.ResizeNearestNeighbor, (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, size, alignCorners, halfPixels), image);
  }
}

describe('values agree with tfjs:', () => {
  test.each(cases.map((c, i) => [c.kernels.join(', '), i, c] as const))('%s (case %i)', (_, __, { kernels, fn, args }) => {
    const graph = expectAgreement(fn, args);
    expect([...graph.kernels.keys()]).toEqual(expect.arrayContaining([...kernels]));
  });
});

/** A scalar that weighs every entry of a result otherwise, so that no gradient is hidden by symmetry. */
function weighed(x: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(x, tf.reshape(tf.sin(tf.range(1, x.size + 1)), x.shape)));
}

/** Functions whose gradients run the kernels that only gradients run. */
const gradientCases: Case[] = [
  { kernels: [tf.EluGrad], fn: (x) => weighed(tf.elu(x)), args: [floats([4, 3])] },
  { kernels: [tf.LRNGrad], fn: (x) => weighed(tf.localResponseNormalization(x as tf.Tensor4D, 2, 1.5, 0.7, 0.6)), args: [floats([1, 2, 2, 6])] },
  { kernels: [tf.Step], fn: (x) => weighed(tf.relu(x)), args: [floats([4, 3])] },
  ...([[1, 'same'], [2, 'valid'], [2, 'same'], [1, 1]] as const).flatMap(([strides, pad]): Case[] => [
    {
      kernels: [tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter],
      fn: (x, w) => weighed(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad)),
      args: [floats([2, 4, 5, 2]), floats([2, 3, 2, 3], -1, 1, 2)],
    },
    {
      kernels: [tf.DepthwiseConv2dNativeBackpropInput, tf.DepthwiseConv2dNativeBackpropFilter],
      fn: (x, w) => weighed(tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad)),
      args: [floats([2, 4, 5, 2]), floats([2, 3, 2, 2], -1, 1, 2)],
    },
    {
      kernels: [tf.MaxPoolGrad],
      fn: (x) => weighed(tf.maxPool(x as tf.Tensor4D, [2, 3], strides, pad)),
      args: [floats([2, 4, 5, 2])],
    },
  ]),
  {
    kernels: [tf.Conv2DBackpropInput, tf.Conv2DBackpropFilter],
    fn: (x, w) => weighed(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same', 'NCHW')),
    args: [floats([1, 2, 4, 5]), floats([2, 3, 2, 3], -1, 1, 2)],
  },
  {
    kernels: [tf.Conv3DBackpropInputV2, tf.Conv3DBackpropFilterV2],
    fn: (x, w) => weighed(tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, [1, 2, 1], 'same')),
    args: [floats([1, 3, 4, 3, 2]), floats([2, 2, 2, 2, 2], -1, 1, 2)],
  },
  { kernels: [tf.AvgPoolGrad], fn: (x) => weighed(tf.avgPool(x as tf.Tensor4D, [2, 3], 1, 'valid')), args: [floats([2, 4, 5, 2])] },
  { kernels: [tf.MaxPool3DGrad], fn: (x) => weighed(tf.maxPool3d(x as tf.Tensor5D, 2, 1, 'valid')), args: [volume] },
  { kernels: [tf.AvgPool3DGrad], fn: (x) => weighed(tf.avgPool3d(x as tf.Tensor5D, [2, 3, 2], 1, 'valid')), args: [volume] },
  ...[false, true].flatMap((corners): Case[] => [
    {
      kernels: [tf.ResizeBilinearGrad],
      fn: (x) => weighed(tf.image.resizeBilinear(x as tf.Tensor4D, [7, 3], corners)),
      // A square one: tfjs exchanges height and width in the shape of the gradient.
      args: [floats([2, 4, 4, 2])],
    },
    {
      kernels: [tf.ResizeNearestNeighborGrad],
      fn: (x) => weighed(tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [7, 3], corners)),
      // One image: tfjs mixes up the gradients of several.
      args: [floats([1, 4, 5, 2])],
    },
  ]),
  {
    kernels: [tf.UnsortedSegmentSum],
    fn: (x) => weighed(tf.square(tf.gather(x, tf.tensor1d([2, 0, 2, 1], 'int32'), 1))),
    args: [floats([2, 3, 4])],
  },
];

describe('gradients agree with tfjs and with differences:', () => {
  test.each(gradientCases.map((c, i) => [c.kernels.join(', '), i, c] as const))('%s (case %i)', (_, __, c) => {
    const graph = expectAgreement(c.fn, c.args, { grad: true });
    expect([...graph.kernels.keys()]).toEqual(expect.arrayContaining([...c.kernels]));
    expectTrueGradient(c.fn, c.args);
  });

  // tfjs divides by the whole window where the mean was taken over the part of it inside the image.
  test('AvgPoolGrad at padded edges is the true gradient, not that of the cpu backend', () => {
    expectTrueGradient((x) => weighed(tf.avgPool(x as tf.Tensor4D, 3, 1, 'same')), [floats([1, 4, 5, 2])]);
    expectTrueGradient((x) => weighed(tf.avgPool3d(x as tf.Tensor5D, 2, 1, 'same')), [volume]);
  });
});

test('kernels without inputs make constants, exact in float64', () => {
  const made = traceGraph(
    (x) => [tf.mul(x, tf.fill([2], 0.1)), tf.range(0, 1, 0.25), tf.range(5, 0, -2, 'int32'), tf.linspace(0, 0.3, 4), tf.ones([2])],
    { inputs: [{ shape: [2] }] },
  );
  const [filled, ...rest] = interpret(made, [[1, 2]]).outputs;
  expect([...filled!]).toEqual([0.1, 0.2]);
  expect(rest.map((values) => [...values])).toEqual([
    [0, 0.25, 0.5, 0.75],
    [5, 3, 1],
    [0, 1, 2, 3].map((i) => i * (0.3 / 3)),
    [1, 1],
  ]);
});

test('every kernel with a lowering is met by a case', () => {
  const met = new Set([...cases, ...gradientCases].flatMap(({ kernels }) => kernels));
  const withoutInputs = [tf.Fill, tf.Range, tf.LinSpace];
  expect(KERNELS.filter((kernel) => !met.has(kernel) && !withoutInputs.includes(kernel))).toEqual([]);
});
