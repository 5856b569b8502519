/** @file The operation of one-dimensional convolutional layers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { ConvolutionLayer } from './convolution.ts';
import { channelAxis, channelsLast, dilationsOf, paddingOf } from './convolution.ts';
import type { LayerOperation, LinearFunction } from './operation.ts';
import { kernelOf } from './operation.ts';

/** kernel [width, inputs, filters], bias [filters]; input [batch, length, inputs], or its channels first. */
export const conv1d: LayerOperation = {
  operation: 'conv1d',
  className: 'Conv1D',
  steps(layer) {
    const convolution = layer as ConvolutionLayer;
    const [stride = 1] = convolution.strides;
    const [dilation = 1] = dilationsOf(convolution);
    const linear: LinearFunction = (input, kernel, bias) => {
      // With channels first, tfjs leaves the output's channels last.
      const x = convolution.dataFormat === 'channelsFirst' ? channelsLast(input) : input;
      const y = tf.conv1d(x as Tensor3D, kernel as Tensor3D, stride, paddingOf(convolution), 'NWC', dilation);
      return bias === null ? y : tf.add(y, bias);
    };
    return [{ kernel: kernelOf(layer), bias: layer.bias, linear, channelAxes: { input: channelAxis(convolution), output: -1 } }];
  },
};
