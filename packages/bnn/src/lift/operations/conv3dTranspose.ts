/** @file The operation of transposed three-dimensional convolutional layers. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor5D } from '@tensorflow/tfjs-core';
import type { ConvolutionLayer } from './convolution.ts';
import { channelAxis, channelsFirst, channelsLast, paddingOf, transposedLength } from './convolution.ts';
import type { LayerOperation, LinearFunction } from './operation.ts';
import { kernelOf } from './operation.ts';

/**
 * kernel [depth, height, width, filters, inputs], bias [filters]; input [batch, depth, height, width, inputs], or its
 * channels first.
 */
export const conv3dTranspose: LayerOperation = {
  operation: 'conv3dTranspose',
  className: 'Conv3DTranspose',
  steps(layer) {
    const convolution = layer as ConvolutionLayer;
    const padding = paddingOf(convolution);
    const strides = [...convolution.strides] as [number, number, number];
    const flip = convolution.dataFormat === 'channelsFirst';
    const linear: LinearFunction = (input, kernel, bias) => {
      const x = (flip ? channelsLast(input) : input) as Tensor5D;
      const [batch, ...space] = x.shape.slice(0, -1) as [number, number, number, number];
      const [filters = 1] = kernel.shape.slice(3);
      const lengths = space.map((length, i) => transposedLength(length, strides[i] ?? 1, convolution.kernelSize[i] ?? 1, padding));
      const product = tf.conv3dTranspose(x, kernel as Tensor5D, [batch, ...lengths, filters] as Tensor5D['shape'], strides, padding);
      const y = bias === null ? product : tf.add(product, bias);
      return flip ? channelsFirst(y) : y;
    };
    const axis = channelAxis(convolution);
    return [{ kernel: kernelOf(layer), bias: layer.bias, linear, channelAxes: { input: axis, output: axis } }];
  },
};
