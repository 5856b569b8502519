/** @file What the convolutional layers of tfjs have in common. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LinearLayer } from './operation.ts';

/** Fields of tfjs's convolutional layers; lists have an entry for each spatial dimension. */
export interface ConvolutionLayer extends LinearLayer {
  readonly kernelSize: readonly number[];
  readonly strides: readonly number[];
  readonly dilationRate: readonly number[] | number;
  readonly padding: 'valid' | 'same' | 'causal';
  readonly dataFormat: 'channelsFirst' | 'channelsLast';
}

/** The dimension of channels in what the layer takes, and (in most) in what it gives. */
export function channelAxis({ dataFormat }: ConvolutionLayer): number {
  return dataFormat === 'channelsFirst' ? 1 : -1;
}

/** tfjs refuses causal padding when the layer is called, and so do we. */
export function paddingOf({ padding, name }: ConvolutionLayer): 'valid' | 'same' {
  if (padding === 'causal') throw new Error(`layer "${name}": tfjs has no causal padding for convolutions`);
  return padding;
}

/** The dilation in each spatial dimension. */
export function dilationsOf({ dilationRate, strides }: ConvolutionLayer): readonly number[] {
  return typeof dilationRate === 'number' ? strides.map(() => dilationRate) : dilationRate;
}

/** `[batch, channels, ...space]` → `[batch, ...space, channels]`. */
export function channelsLast(x: Tensor): Tensor {
  const space = x.shape.slice(2).map((_, i) => i + 2);
  return tf.transpose(x, [0, ...space, 1]);
}

/** `[batch, ...space, channels]` → `[batch, channels, ...space]`. */
export function channelsFirst(x: Tensor): Tensor {
  const space = x.shape.slice(2).map((_, i) => i + 1);
  return tf.transpose(x, [0, x.rank - 1, ...space]);
}

/** How long an image becomes by transposed convolution: each input begins a stride, and the last one's kernel may reach beyond it. */
export function transposedLength(length: number, stride: number, kernel: number, padding: 'valid' | 'same'): number {
  return length * stride + (padding === 'valid' ? Math.max(kernel - stride, 0) : 0);
}
