/** @file The two operations of separable convolutional layers: within each channel, then across channels. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { ConvolutionLayer } from './convolution.ts';
import { dilationsOf, paddingOf } from './convolution.ts';
import type { LayerOperation, LinearFunction } from './operation.ts';

interface SeparableLayer extends ConvolutionLayer {
  readonly depthwiseKernel: LayerVariable;
  readonly pointwiseKernel: LayerVariable;
}

const CHANNELS_LAST = { input: -1, output: -1 };

/**
 * Kernels [height, width, inputs, multiplier] and [1, 1, inputs multiplier, filters], bias [filters]; input [batch, height,
 * width, inputs]. Each step is linear in its kernel, though the two together are not.
 */
export const separableConv2d: LayerOperation = {
  operation: 'separableConv2d',
  className: 'SeparableConv2D',
  steps(layer) {
    const convolution = layer as SeparableLayer;
    // tfjs adds the bias along another dimension than that of the channels then, or fails.
    if (convolution.dataFormat === 'channelsFirst') return null;
    const [strideY = 1, strideX = 1] = convolution.strides;
    const [dilationY = 1, dilationX = 1] = dilationsOf(convolution);
    const within: LinearFunction = (input, kernel) =>
      tf.depthwiseConv2d(input as Tensor4D, kernel as Tensor4D, [strideY, strideX], paddingOf(convolution), 'NHWC', [dilationY, dilationX]);
    return [
      { suffix: 'depthwise', kernel: convolution.depthwiseKernel, bias: null, linear: within, channelAxes: CHANNELS_LAST },
      { suffix: 'pointwise', kernel: convolution.pointwiseKernel, bias: layer.bias, linear: across, channelAxes: CHANNELS_LAST },
    ];
  },
};

const across: LinearFunction = (input, kernel, bias) => {
  const product = tf.conv2d(input as Tensor4D, kernel as Tensor4D, 1, 'valid');
  return bias === null ? product : tf.add(product, bias);
};
