/** @file Zero gradients for comparisons and logic, so that `tf.where` on a computed condition differentiates. */
import * as tf from '@tensorflow/tfjs-core';

const BINARY = [
  tf.Equal,
  tf.NotEqual,
  tf.Greater,
  tf.GreaterEqual,
  tf.Less,
  tf.LessEqual,
  tf.LogicalAnd,
  tf.LogicalOr,
  'LogicalXor',
];
const UNARY: readonly [kernel: string, input: string][] = [
  [tf.LogicalNot, 'x'],
  [tf.All, 'x'],
  [tf.Any, 'x'],
];

/**
 * tfjs registers a gradient for GreaterEqual alone: a tape that leads through any other comparison cannot be walked
 * back, though its derivative is zero almost everywhere.
 */
export function mendComparisons(): void {
  for (const kernelName of BINARY) registerZeros(kernelName, ['a', 'b']);
  for (const [kernelName, input] of UNARY) registerZeros(kernelName, [input]);
}

function registerZeros(kernelName: string, inputs: string[]): void {
  tf.registerGradient({
    kernelName,
    inputsToSave: inputs,
    gradFunc: (_dy, saved) =>
      // float32 even for a boolean input: tfjs demands it of every gradient.
      Object.fromEntries(saved.map((input, i) => [inputs[i], () => tf.zeros(input.shape)])),
  });
}
