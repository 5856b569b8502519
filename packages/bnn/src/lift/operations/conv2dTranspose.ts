/** @file The operation of transposed two-dimensional convolutional layers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ConvolutionLayer } from './convolution.ts';
import { channelAxis, channelsFirst, channelsLast, paddingOf, transposedLength } from './convolution.ts';
import type { LayerOperation, LinearFunction } from './operation.ts';
import { kernelOf } from './operation.ts';

/** kernel [height, width, filters, inputs], bias [filters]; input [batch, height, width, inputs], or its channels first. */
export const conv2dTranspose: LayerOperation = {
  operation: 'conv2dTranspose',
  className: 'Conv2DTranspose',
  steps(layer) {
    const convolution = layer as ConvolutionLayer;
    const padding = paddingOf(convolution);
    const [strideY = 1, strideX = 1] = convolution.strides;
    const [kernelY = 1, kernelX = 1] = convolution.kernelSize;
    const flip = convolution.dataFormat === 'channelsFirst';
    const linear: LinearFunction = (input, kernel, bias) => {
      const x = (flip ? channelsLast(input) : input) as Tensor4D;
      const [batch, height, width] = x.shape;
      const [, , filters] = (kernel as Tensor4D).shape;
      const shape: Tensor4D['shape'] = [
        batch,
        transposedLength(height, strideY, kernelY, padding),
        transposedLength(width, strideX, kernelX, padding),
        filters,
      ];
      const product = tf.conv2dTranspose(x, kernel as Tensor4D, shape, [strideY, strideX], padding);
      const y = bias === null ? product : tf.add(product, bias);
      return flip ? channelsFirst(y) : y;
    };
    const axis = channelAxis(convolution);
    return [{ kernel: kernelOf(layer), bias: layer.bias, linear, channelAxes: { input: axis, output: axis } }];
  },
};
