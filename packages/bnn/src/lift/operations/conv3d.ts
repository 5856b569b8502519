/** @file The operation of three-dimensional convolutional layers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor5D } from '@tensorflow/tfjs-core';
import type { ConvolutionLayer } from './convolution.ts';
import { channelAxis, channelsFirst, channelsLast, dilationsOf, paddingOf } from './convolution.ts';
import type { LayerOperation, LinearFunction } from './operation.ts';
import { kernelOf } from './operation.ts';

/**
 * kernel [depth, height, width, inputs, filters], bias [filters]; input [batch, depth, height, width, inputs], or its
 * channels first.
 */
export const conv3d: LayerOperation = {
  operation: 'conv3d',
  className: 'Conv3D',
  steps(layer) {
    const convolution = layer as ConvolutionLayer;
    const strides = [...convolution.strides] as [number, number, number];
    const dilations = [...dilationsOf(convolution)] as [number, number, number];
    const flip = convolution.dataFormat === 'channelsFirst';
    const linear: LinearFunction = (input, kernel, bias) => {
      const x = (flip ? channelsLast(input) : input) as Tensor5D;
      const product = tf.conv3d(x, kernel as Tensor5D, strides, paddingOf(convolution), 'NDHWC', dilations);
      const y = bias === null ? product : tf.add(product, bias);
      return flip ? channelsFirst(y) : y;
    };
    return [{ kernel: kernelOf(layer), bias: layer.bias, linear, channelAxes: { input: channelAxis(convolution), output: channelAxis(convolution) } }];
  },
};
