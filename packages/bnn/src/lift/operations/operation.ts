/** @file Layer operations that handlers can see and replace: linear in the input, and linear in the weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { currentStack, effectful, randomStream, withStack } from '@tychejs/ppl';
import type { RandomStream } from '@tychejs/ppl';
import type { Layer } from '../net.ts';

/** `input * kernel + bias`, where `*` is the layer's product. */
export type LinearFunction = (input: Tensor, kernel: Tensor, bias: Tensor | null) => Tensor;

/** The arguments of the operations `dense`, `conv1d`, `conv2d` and `conv3d`; their value is `linear(input, kernel, bias)`. */
export interface LinearArgs {
  readonly input: Tensor;
  readonly kernel: Tensor;
  readonly bias: Tensor | null;
  /** The operation itself, for other arguments of the same shapes. Activation is no part of it. */
  readonly linear: LinearFunction;
  /** The random stream in force where the operation stands, for handlers that add noise. */
  readonly stream: () => RandomStream;
}

/** What dense and convolutional layers have in common. */
export interface LinearLayer extends Layer {
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | null;
  readonly activation: { apply(x: Tensor): Tensor; getClassName(): string };
}

/** One kind of operation and the class of tfjs layer that does it. */
export interface LayerOperation {
  readonly operation: string;
  readonly className: string;
  /** What `layer` computes before its activation. */
  linear(layer: LinearLayer): LinearFunction;
}

/**
 * Whether `layer` computes what its class `className` does: it is of that class, or of one derived from it that does not
 * compute something else. Classes are told by name, as a program may hold two copies of tfjs-layers.
 */
export function computesLike(layer: Layer, className: string): boolean {
  for (let proto: object | null = Object.getPrototypeOf(layer) as object; proto !== null; proto = Object.getPrototypeOf(proto) as object | null) {
    const { constructor } = proto as { constructor: { className?: string } };
    if (Object.hasOwn(constructor, 'className') && constructor.className === className) {
      return (proto as Layer).call === layer.call;
    }
  }
  return false;
}

/** The layer's `call`, with its operation made effectful under `name`. */
export function effectfulCall(layer: LinearLayer, kind: LayerOperation, name: string): Layer['call'] {
  const linear = kind.linear(layer);
  return (inputs) =>
    tf.tidy(() => {
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      if (input === undefined) throw new Error(`layer "${name}" was called without an input`);
      const kernel = layer.kernel.read();
      const bias = layer.bias === null ? null : layer.bias.read();
      // A handler runs outside of its own scope, where an inner `seed` is not in force.
      const stack = currentStack();
      const stream = (): RandomStream => withStack(stack, () => randomStream(`${name}.noise`));
      const args: LinearArgs = { input, kernel, bias, linear, stream };
      const output = effectful(kind.operation, name, { ...args }, () => linear(input, kernel, bias));
      return layer.activation.apply(output);
    });
}
