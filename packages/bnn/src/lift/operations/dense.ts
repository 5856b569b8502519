/** @file The operation of dense layers: matrix product over the last dimension. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { LayerOperation, LinearFunction } from './operation.ts';
import { kernelOf } from './operation.ts';

/** Activations before which tfjs-layers adds the bias inside of the product; so do we, to agree to the last bit. */
const FUSED = ['linear', 'relu', 'elu'];

export const dense: LayerOperation = {
  operation: 'dense',
  className: 'Dense',
  steps: (layer) => [
    {
      kernel: kernelOf(layer),
      bias: layer.bias,
      linear: FUSED.includes(layer.activation.getClassName()) ? fused : separate,
      channelAxes: { input: -1, output: -1 },
    },
  ],
};

/** input [..., inputs], kernel [inputs, units], bias [units] → [..., units]. */
const fused: LinearFunction = (input, kernel, bias) => overLastDimension(input, kernel, (rows) => product(rows, kernel, bias));

/** The same, with the bias added to the product. */
export const separate: LinearFunction = (input, kernel, bias) => {
  const output = overLastDimension(input, kernel, (rows) => product(rows, kernel, null));
  return bias === null ? output : tf.add(output, bias);
};

function product(rows: Tensor, kernel: Tensor, bias: Tensor | null): Tensor {
  return tf.fused.matMul({ a: rows as Tensor2D, b: kernel as Tensor2D, ...(bias === null ? {} : { bias }) });
}

function overLastDimension(input: Tensor, kernel: Tensor, multiply: (rows: Tensor) => Tensor): Tensor {
  if (input.rank === 2) return multiply(input);
  const [inputs = 0, units = 0] = kernel.shape;
  return tf.reshape(multiply(tf.reshape(input, [-1, inputs])), [...input.shape.slice(0, -1), units]);
}
