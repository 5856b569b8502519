/** @file The operation of depthwise convolutional layers: a convolution of each channel by itself. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import type { ConvolutionLayer } from './convolution.ts';
import { channelAxis, channelsFirst, channelsLast } from './convolution.ts';
import type { LayerOperation, LinearFunction } from './operation.ts';

interface DepthwiseLayer extends ConvolutionLayer {
  readonly depthwiseKernel: LayerVariable;
}

/**
 * kernel [height, width, inputs, multiplier], bias [inputs multiplier]; input [batch, height, width, inputs], or its
 * channels first. As in tfjs, a dilation has no effect.
 */
export const depthwiseConv2d: LayerOperation = {
  operation: 'depthwiseConv2d',
  className: 'DepthwiseConv2D',
  steps(layer) {
    const convolution = layer as DepthwiseLayer;
    const [strideY = 1, strideX = 1] = convolution.strides;
    const padding = convolution.padding === 'same' ? 'same' : 'valid';
    const flip = convolution.dataFormat === 'channelsFirst';
    const linear: LinearFunction = (input, kernel, bias) => {
      const x = (flip ? channelsLast(input) : input) as Tensor4D;
      const product = tf.depthwiseConv2d(x, kernel as Tensor4D, [strideY, strideX], padding);
      const y = bias === null ? product : tf.add(product, bias);
      return flip ? channelsFirst(y) : y;
    };
    const axis = channelAxis(convolution);
    return [{ kernel: convolution.depthwiseKernel, bias: layer.bias, linear, channelAxes: { input: axis, output: axis } }];
  },
};
