/** @file One network of each kind of layer that handlers can act on. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { Mixing, wavy } from '../helpers/nets.ts';

/** One layer of each kind, and the shape of what it takes. */
export const KINDS: [string, () => LayersModel, number[]][] = [
  ['conv1d', () => sequential({ layers: [layers.conv1d({ filters: 2, kernelSize: 2, strides: 2, padding: 'same', inputShape: [5, 2] })] }), [5, 2]],
  ['conv2d', () => sequential({ layers: [layers.conv2d({ filters: 2, kernelSize: 2, dilationRate: 2, inputShape: [4, 4, 2] })] }), [4, 4, 2]],
  ['conv2d, channels first', () => sequential({ layers: [layers.conv2d({ filters: 2, kernelSize: 2, dataFormat: 'channelsFirst', useBias: false, inputShape: [2, 3, 3] })] }), [2, 3, 3]],
  ['conv3d', () => sequential({ layers: [layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 2, 2, 2] })] }), [3, 2, 2, 2]],
  ['conv3dTranspose', () => sequential({ layers: [layers.conv3dTranspose({ filters: 2, kernelSize: [2, 1, 2], strides: [2, 1, 1], padding: 'same', inputShape: [2, 1, 2, 2] })] }), [2, 1, 2, 2]],
  ['conv3dTranspose, channels first', () => sequential({ layers: [layers.conv3dTranspose({ filters: 3, kernelSize: [1, 2, 1], dataFormat: 'channelsFirst', inputShape: [2, 1, 2, 1] })] }), [2, 1, 2, 1]],
  ['embedding', () => sequential({ layers: [layers.embedding({ inputDim: 3, outputDim: 2, inputLength: 4 })] }), [4]],
  ['linear, in a custom layer', () => sequential({ layers: [new Mixing({ isEffectful: true, inputShape: [2, 3] })] }), [2, 3]],
  ['conv2dTranspose', () => sequential({ layers: [layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', inputShape: [2, 3, 2] })] }), [2, 3, 2]],
  ['conv2dTranspose, channels first', () => sequential({ layers: [layers.conv2dTranspose({ filters: 3, kernelSize: [2, 3], strides: [1, 2], dataFormat: 'channelsFirst', inputShape: [2, 2, 2] })] }), [2, 2, 2]],
  ['depthwiseConv2d', () => sequential({ layers: [layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2, padding: 'same', inputShape: [3, 3, 2] })] }), [3, 3, 2]],
  ['depthwiseConv2d, channels first', () => sequential({ layers: [layers.depthwiseConv2d({ kernelSize: 2, strides: [1, 2], dataFormat: 'channelsFirst', inputShape: [2, 3, 4] } as never)] }), [2, 3, 4]],
];

/** Numbers; indices 2, 1, 0 and 2 again for an embedding. */
export const inputFor = (kind: string, shape: readonly number[]): Tensor =>
  kind === 'embedding' ? tf.tensor(Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 2 - (i % 3)), [...shape]) : wavy(shape);
