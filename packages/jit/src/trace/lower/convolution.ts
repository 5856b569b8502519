/** @file Lowerings of convolutions in two and three dimensions, with their gradients. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId, Shape, WindowGeometry } from '../../graph/node.ts';
import { at } from '../../graph/shape.ts';
import { fusedActivation } from './activation.ts';
import type { KernelCall, LoweringTable } from './lowering.ts';
import { attrsOf, inputOf } from './lowering.ts';
import { addBias } from './product.ts';

/** What tfjs says of a convolution or pooling in two dimensions. */
type Info2D = ReturnType<typeof tf.backend_util.computeConv2DInfo>;
type Info3D = ReturnType<typeof tf.backend_util.computeConv3DInfo>;

/** Our description of windows, from tfjs's. */
export function geometry2D(info: Info2D): WindowGeometry {
  return {
    window: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    padding: [info.padInfo.top, info.padInfo.left],
  };
}

/** Our description of windows in three dimensions, from tfjs's. */
export function geometry3D(info: Info3D): WindowGeometry {
  return {
    window: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    dilations: [info.dilationDepth, info.dilationHeight, info.dilationWidth],
    padding: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}

/** The attributes that the kernels of convolutions share. */
interface ConvAttrs {
  readonly strides: [number, number] | number;
  readonly pad: 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];
  readonly dataFormat?: 'NHWC' | 'NCHW';
  /** tfjs-layers has null for 1. */
  readonly dilations?: [number, number] | number | null;
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil';
  readonly filterShape?: number[];
  readonly inputShape?: number[];
}

type Shape4 = [number, number, number, number];
type Shape5 = [number, number, number, number, number];

const CHANNELS_LAST = [0, 2, 3, 1];
const CHANNELS_FIRST = [0, 3, 1, 2];

const isChannelsFirst = (call: KernelCall): boolean => attrsOf<ConvAttrs>(call).dataFormat === 'NCHW';

/** An image, or a shape of images, with its channels last. */
const channelsLast = (x: NodeId, call: KernelCall, g: GraphBuilder): NodeId =>
  isChannelsFirst(call) ? g.transpose(x, CHANNELS_LAST) : x;
const shapeLast = (shape: Shape, call: KernelCall): Shape =>
  isChannelsFirst(call) ? CHANNELS_LAST.map((axis) => at(shape, axis)) : shape;

/** A result with its channels where the kernel wants them. */
const asAsked = (x: NodeId, call: KernelCall, g: GraphBuilder): NodeId =>
  isChannelsFirst(call) ? g.transpose(x, CHANNELS_FIRST) : x;

function info2D(call: KernelCall, x: Shape, filter: Shape, depthwise: boolean): Info2D {
  const { strides, pad, dilations, dimRoundingMode } = attrsOf<ConvAttrs>(call);
  return tf.backend_util.computeConv2DInfo(
    [...x] as Shape4,
    [...filter] as Shape4,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

function info3D(call: KernelCall, x: Shape, filter: Shape): Info3D {
  const { strides, pad, dilations = 1 } = attrsOf<Omit<tf.Conv3DAttrs, 'dilations'> & Partial<tf.Conv3DAttrs>>(call);
  return tf.backend_util.computeConv3DInfo([...x] as Shape5, [...filter] as Shape5, strides, dilations, pad);
}

/** A depthwise filter [h, w, c, m] as one of `c` groups: [h, w, 1, c m]. */
function grouped(filter: Shape): Shape {
  const [h, w, c, m] = filter as Shape4;
  return [h, w, 1, c * m];
}

function conv2D(call: KernelCall, g: GraphBuilder): NodeId {
  const x = channelsLast(inputOf(call, 'x'), call, g);
  const filter = inputOf(call, 'filter');
  const info = info2D(call, g.shape(x), g.shape(filter), false);
  return asAsked(g.conv(x, filter, geometry2D(info), 1, info.outShape), call, g);
}

function depthwise(call: KernelCall, g: GraphBuilder): NodeId {
  const [x, filter] = [inputOf(call, 'x'), inputOf(call, 'filter')];
  const info = info2D(call, g.shape(x), g.shape(filter), true);
  const groups = g.reshape(filter, grouped(g.shape(filter)));
  return g.conv(x, groups, geometry2D(info), info.inChannels, info.outShape);
}

/** Kernels of convolutions. */
export const CONVOLUTION: LoweringTable = {
  [tf.Conv2D]: conv2D,
  [tf.FusedConv2D]: (call, g) => {
    if (isChannelsFirst(call)) throw new Error('tf.fused.conv2d: only data format NHWC is supported');
    return fusedActivation(addBias(conv2D(call, g), call, g), call, g);
  },
  [tf.Conv2DBackpropInput]: (call, g) => {
    const dy = channelsLast(inputOf(call, 'dy'), call, g);
    const filter = inputOf(call, 'filter');
    const shape = shapeLast(attrsOf<ConvAttrs>(call).inputShape ?? [], call);
    const info = info2D(call, shape, g.shape(filter), false);
    return asAsked(g.convGradInput(dy, filter, geometry2D(info), 1, shape), call, g);
  },
  [tf.Conv2DBackpropFilter]: (call, g) => {
    const x = channelsLast(inputOf(call, 'x'), call, g);
    const dy = channelsLast(inputOf(call, 'dy'), call, g);
    const filterShape = attrsOf<ConvAttrs>(call).filterShape ?? [];
    return g.convGradFilter(x, dy, geometry2D(info2D(call, g.shape(x), filterShape, false)), 1, filterShape);
  },

  [tf.DepthwiseConv2dNative]: depthwise,
  [tf.FusedDepthwiseConv2D]: (call, g) => fusedActivation(addBias(depthwise(call, g), call, g), call, g),
  [tf.DepthwiseConv2dNativeBackpropInput]: (call, g) => {
    const [dy, filter] = [inputOf(call, 'dy'), inputOf(call, 'filter')];
    const inputShape = attrsOf<ConvAttrs>(call).inputShape ?? [];
    const info = info2D(call, inputShape, g.shape(filter), true);
    const groups = g.reshape(filter, grouped(g.shape(filter)));
    return g.convGradInput(dy, groups, geometry2D(info), info.inChannels, inputShape);
  },
  [tf.DepthwiseConv2dNativeBackpropFilter]: (call, g) => {
    const [x, dy] = [inputOf(call, 'x'), inputOf(call, 'dy')];
    const filterShape = attrsOf<ConvAttrs>(call).filterShape ?? [];
    const info = info2D(call, g.shape(x), filterShape, true);
    return g.reshape(g.convGradFilter(x, dy, geometry2D(info), info.inChannels, grouped(filterShape)), filterShape);
  },

  [tf.Conv3D]: (call, g) => {
    const [x, filter] = [inputOf(call, 'x'), inputOf(call, 'filter')];
    const info = info3D(call, g.shape(x), g.shape(filter));
    return g.conv(x, filter, geometry3D(info), 1, info.outShape);
  },
  [tf.Conv3DBackpropInputV2]: (call, g) => {
    const [dy, filter] = [inputOf(call, 'dy'), inputOf(call, 'filter')];
    const { inputShape } = attrsOf<tf.Conv3DBackpropInputV2Attrs>(call);
    return g.convGradInput(dy, filter, geometry3D(info3D(call, inputShape, g.shape(filter))), 1, inputShape);
  },
  [tf.Conv3DBackpropFilterV2]: (call, g) => {
    const [x, dy] = [inputOf(call, 'x'), inputOf(call, 'dy')];
    const { filterShape } = attrsOf<tf.Conv3DBackpropFilterV2Attrs>(call);
    return g.convGradFilter(x, dy, geometry3D(info3D(call, g.shape(x), filterShape)), 1, filterShape);
  },
};
