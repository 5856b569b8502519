/** @file The operation of two-dimensional convolutional layers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { ops } from '@tychejs/ppl';
import type { ConvolutionLayer } from './convolution.ts';
import { channelAxis, channelsFirst, channelsLast, dilationsOf, paddingOf } from './convolution.ts';
import type { LayerOperation, LinearFunction } from './operation.ts';
import { kernelOf } from './operation.ts';

/** kernel [height, width, inputs, filters], bias [filters]; input [batch, height, width, inputs], or its channels first. */
export const conv2d: LayerOperation = {
  operation: 'conv2d',
  className: 'Conv2D',
  steps(layer) {
    const convolution = layer as ConvolutionLayer;
    const [strideY = 1, strideX = 1] = convolution.strides;
    const [dilationY = 1, dilationX = 1] = dilationsOf(convolution);
    const flip = convolution.dataFormat === 'channelsFirst';
    const product: LinearFunction = (input, kernel, bias) => {
      // The fused convolution, as in tfjs-layers, so that results agree to the last bit.
      const y = tf.fused.conv2d({
        x: (flip ? channelsLast(input) : input) as Tensor4D,
        filter: kernel as Tensor4D,
        strides: [strideY, strideX],
        pad: paddingOf(convolution),
        dataFormat: 'NHWC',
        dilations: [dilationY, dilationX],
        ...(bias === null ? {} : { bias }),
      });
      return flip ? channelsFirst(y) : y;
    };
    const perRow = (input: Tensor, kernels: Tensor): Tensor =>
      ops.conv2dPerExample(input, kernels, { strides: [strideY, strideX], pad: paddingOf(convolution), dilations: [dilationY, dilationX] });
    const linear: LinearFunction = flip ? product : Object.assign(product, { perRow });
    return [{ kernel: kernelOf(layer), bias: layer.bias, linear, channelAxes: { input: channelAxis(convolution), output: channelAxis(convolution) } }];
  },
};
