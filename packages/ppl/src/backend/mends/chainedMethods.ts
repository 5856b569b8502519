/** @file Methods of tensors, which tfjs-core leaves out and tfjs-layers calls all the same. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Methods that are the function of the same name, with the tensor for its first argument. */
const METHODS = [
  'abs', 'add', 'all', 'any', 'argMax', 'argMin', 'batchNorm', 'broadcastTo', 'cast', 'ceil', 'clipByValue', 'cos', 'cosh',
  'cumsum', 'div', 'divNoNan', 'dot', 'elu', 'equal', 'erf', 'exp', 'expandDims', 'expm1', 'floor', 'floorDiv', 'gather', 'greater',
  'greaterEqual', 'isFinite', 'isInf', 'isNaN', 'leakyRelu', 'less', 'lessEqual', 'log', 'log1p', 'logSigmoid', 'logSoftmax',
  'logSumExp', 'logicalAnd', 'logicalNot', 'logicalOr', 'logicalXor', 'matMul', 'max', 'maximum', 'mean', 'min', 'minimum', 'mod',
  'mul', 'neg', 'norm', 'notEqual', 'onesLike', 'pad', 'pow', 'prelu', 'prod', 'reciprocal', 'relu', 'relu6', 'reshape', 'reverse',
  'round', 'rsqrt', 'selu', 'sigmoid', 'sign', 'sin', 'sinh', 'slice', 'softmax', 'softplus', 'split', 'sqrt', 'square',
  'squaredDifference', 'squeeze', 'step', 'stridedSlice', 'sub', 'sum', 'tan', 'tanh', 'tile', 'topk', 'transpose', 'unique',
  'unstack', 'zerosLike',
] as const satisfies readonly (keyof typeof tf)[];

/**
 * Gives tensors the methods that are missing: the umbrella package `@tensorflow/tfjs` brings them all. Without them
 * tfjs-layers cannot make an orthogonal initialiser, the default of LSTM and GRU.
 */
export function mendChainedMethods(): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  for (const name of METHODS) {
    const operation = tf[name] as (...args: unknown[]) => unknown;
    define(prototype, name, function method(this: Tensor, ...args: unknown[]) {
      return operation(this, ...args);
    });
  }
  define(prototype, 'flatten', function flatten(this: Tensor) {
    return tf.reshape(this, [this.size]);
  });
}

function define(prototype: Record<string, unknown>, name: string, method: (this: Tensor, ...args: unknown[]) => unknown): void {
  // Not enumerable: tf.tidy looks for tensors in whatever a loop over an object's keys shows.
  if (!(name in prototype)) Object.defineProperty(prototype, name, { value: method, writable: true, configurable: true });
}
