/** @file Gradients of the gradients of three-dimensional convolutions, without which transposed ones cannot be trained. */
import type { NamedAttrMap, Tensor, Tensor5D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

interface ConvAttrs {
  readonly strides: number | [number, number, number];
  readonly pad: 'same' | 'valid';
}

/** Both are linear in each of their inputs, as the convolution is linear in x and in the filter. */
export function mendConvolutions3d(): void {
  tf.registerGradient({
    kernelName: tf.Conv3DBackpropInputV2,
    inputsToSave: ['dy', 'filter'],
    gradFunc: (ddx, saved, attrs) => {
      const [dy, filter] = saved as [Tensor5D, Tensor5D];
      const { strides, pad } = attrs as unknown as ConvAttrs;
      return {
        dy: () => tf.conv3d(ddx as Tensor5D, filter, strides, pad),
        filter: () => backprop(tf.Conv3DBackpropFilterV2, { x: ddx as Tensor5D, dy }, { strides, pad, filterShape: filter.shape }),
      };
    },
  });
  tf.registerGradient({
    kernelName: tf.Conv3DBackpropFilterV2,
    inputsToSave: ['x', 'dy'],
    gradFunc: (ddf, saved, attrs) => {
      const [x, dy] = saved as [Tensor5D, Tensor5D];
      const { strides, pad } = attrs as unknown as ConvAttrs;
      return {
        x: () => backprop(tf.Conv3DBackpropInputV2, { dy, filter: ddf as Tensor5D }, { strides, pad, inputShape: x.shape }),
        dy: () => tf.conv3d(x, ddf as Tensor5D, strides, pad),
      };
    },
  });
}

function backprop(kernelName: string, inputs: Record<string, Tensor>, attrs: object): Tensor {
  return tf.engine().runKernel(kernelName, inputs, attrs as NamedAttrMap);
}
