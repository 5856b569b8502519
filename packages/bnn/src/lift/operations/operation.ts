/** @file Layer operations that handlers can see and replace: linear in the input, and linear in the weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayerVariable } from '@tensorflow/tfjs-layers';
import { currentStack, effectful, randomStream, withStack } from '@tychejs/ppl';
import type { RandomStream } from '@tychejs/ppl';
import type { Layer } from '../net.ts';

/** `input * kernel + bias`, where `*` is the layer's product. */
export interface LinearFunction {
  (input: Tensor, kernel: Tensor, bias: Tensor | null): Tensor;
  /** The product with a kernel for each row of the batch, [batch, ...kernel]; where there is a way without many products. */
  readonly perRow?: (input: Tensor, kernels: Tensor) => Tensor;
}

/** Where channels stand in what a product takes and gives: 1 for `[batch, channels, ...]`, -1 for the last dimension. */
export interface ChannelAxes {
  /** `null` for an input that is not multiplied but chooses, as an index chooses a row of the kernel. */
  readonly input: number | null;
  readonly output: number;
}

/** The arguments of all layer operations; their value is `linear(input, kernel, bias)`. */
export interface LinearArgs {
  readonly input: Tensor;
  readonly kernel: Tensor;
  readonly bias: Tensor | null;
  /** The operation itself, for other arguments of the same shapes. Activation is no part of it. */
  readonly linear: LinearFunction;
  readonly channelAxes: ChannelAxes;
  /** The random stream in force where the operation stands, for handlers that add noise. */
  readonly stream: () => RandomStream;
}

/** What dense and convolutional layers have in common. */
export interface LinearLayer extends Layer {
  readonly bias: LayerVariable | null;
  readonly activation: Activation;
}

export interface Activation {
  apply(x: Tensor): Tensor;
  getClassName(): string;
}

/** The kernel of a layer that has one. */
export function kernelOf(layer: LinearLayer): LayerVariable {
  return (layer as LinearLayer & { readonly kernel: LayerVariable }).kernel;
}

/** One product of a layer. */
export interface LinearStep {
  /** Behind the layer's name, where a layer takes several steps. */
  readonly suffix?: string;
  readonly kernel: LayerVariable;
  readonly bias: LayerVariable | null;
  readonly linear: LinearFunction;
  readonly channelAxes: ChannelAxes;
}

/** One kind of operation and the class of tfjs layer that does it. */
export interface LayerOperation {
  readonly operation: string;
  readonly className: string;
  /** What `layer` computes before its activation, one step after another; `null` if that is not known. */
  steps(layer: LinearLayer): readonly LinearStep[] | null;
}

/** Does one product, through the handlers in force. */
export type Perform = (step: LinearStep, input: Tensor) => Tensor;

/** The operation of the cell of a recurrent layer, which does its products anew at each step in time. */
export interface CellOperation {
  readonly operation: string;
  readonly className: string;
  /** The cell's `call`: what it makes of `[input, ...states]`, `[output, ...states]`. `name` is for what it draws at random. */
  call(cell: Layer, perform: Perform, name: string): Layer['call'];
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

/** The layer's `call`, with its operations made effectful under `name`; `null` if they are not known. */
export function effectfulCall(layer: LinearLayer, kind: LayerOperation, name: string): Layer['call'] | null {
  const steps = kind.steps(layer);
  if (steps === null) return null;
  const perform = performer(kind.operation, name);
  return (inputs) =>
    tf.tidy(() => {
      const input = Array.isArray(inputs) ? inputs[0] : inputs;
      if (input === undefined) throw new Error(`layer "${name}" was called without an input`);
      const sum = steps.reduce((x, step) => perform(step, x), input);
      // An embedding has none.
      return (layer.activation as Activation | undefined)?.apply(sum) ?? sum;
    });
}

/** The cell's `call`, with its products made effectful under `name`. */
export function effectfulCell(cell: Layer, kind: CellOperation, name: string): Layer['call'] {
  const call = kind.call(cell, performer(kind.operation, name), name);
  return (inputs, kwargs) => tf.tidy(() => call(inputs, kwargs));
}

function performer(operation: string, layerName: string): Perform {
  return ({ suffix, kernel, bias, linear, channelAxes }, input) =>
    performLinear(operation, suffix === undefined ? layerName : `${layerName}.${suffix}`, {
      input,
      kernel: kernel.read(),
      bias: bias === null ? null : bias.read(),
      linear,
      channelAxes,
    });
}

/** `linear(input, kernel, bias)`, unless a handler gives something else. */
export function performLinear(operation: string, name: string, product: Omit<LinearArgs, 'stream'>): Tensor {
  // A handler runs outside of its own scope, where an inner `seed` is not in force.
  const stack = currentStack();
  const stream = (): RandomStream => withStack(stack, () => randomStream(`${name}.noise`));
  const { input, kernel, bias, linear } = product;
  return effectful(operation, name, { ...product, stream }, () => linear(input, kernel, bias));
}
