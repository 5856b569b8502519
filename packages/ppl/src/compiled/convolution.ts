/** @file Lowerings of convolutions with a filter for each example. */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelCall, NodeId, GraphBuilder, WindowGeometry } from '@tychejs/jit';
import { inputOf } from '@tychejs/jit';
import type { Conv2dPerExampleAttrs } from '../ops/conv2dPerExample.ts';

/** Where windows lie. */
function geometryOf({ xShape, filterShape, strides, dilations, pad }: Conv2dPerExampleAttrs): WindowGeometry {
  const [filter, x] = [filterShape.slice(1), xShape] as [[number, number, number, number], [number, number, number, number]];
  const { padInfo, filterHeight, filterWidth } = tf.backend_util.computeConv2DInfo(x, filter, [...strides], [...dilations], pad);
  return { window: [filterHeight, filterWidth], strides, dilations, padding: [padInfo.top, padInfo.left] };
}

const attrsOf = (call: KernelCall): Conv2dPerExampleAttrs => call.attrs as unknown as Conv2dPerExampleAttrs;

/** The convolutions. */
export function conv2dPerExample(call: KernelCall, g: GraphBuilder): NodeId {
  const attrs = attrsOf(call);
  return g.conv(inputOf(call, 'x'), inputOf(call, 'filter'), geometryOf(attrs), 1, attrs.yShape);
}

/** Their gradients in the images. */
export function conv2dPerExampleGradInput(call: KernelCall, g: GraphBuilder): NodeId {
  const attrs = attrsOf(call);
  return g.convGradInput(inputOf(call, 'dy'), inputOf(call, 'filter'), geometryOf(attrs), 1, attrs.xShape);
}

/** Their gradients in the filters. */
export function conv2dPerExampleGradFilter(call: KernelCall, g: GraphBuilder): NodeId {
  const attrs = attrsOf(call);
  return g.convGradFilter(inputOf(call, 'x'), inputOf(call, 'dy'), geometryOf(attrs), 1, attrs.filterShape);
}
