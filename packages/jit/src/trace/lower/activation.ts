/** @file Lowerings of the activations of neural networks. */
import * as tf from '@tensorflow/tfjs-core';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { NodeId } from '../../graph/node.ts';
import type { KernelCall, LoweringTable } from './lowering.ts';
import { attrsOf, inputOf } from './lowering.ts';

/** Klambauer et al. (2017), "Self-normalizing neural networks": alpha and lambda. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

const isNegative = (x: NodeId, g: GraphBuilder): NodeId => g.compare('lt', x, zero(x, g));

/** A zero of the type of `x`. */
const zero = (x: NodeId, g: GraphBuilder): NodeId => g.scalar(0, g.dtype(x));

function relu(x: NodeId, g: GraphBuilder): NodeId {
  return g.binary('max', x, zero(x, g));
}

function clip(x: NodeId, low: number, high: number, g: GraphBuilder): NodeId {
  const dtype = g.dtype(x);
  return g.binary('min', g.binary('max', x, g.scalar(low, dtype)), g.scalar(high, dtype));
}

function elu(x: NodeId, alpha: number, g: GraphBuilder): NodeId {
  const below = g.unary('expm1', x);
  return g.select(isNegative(x, g), g.binary('mul', below, g.scalar(alpha)), x);
}

function leaky(x: NodeId, slope: NodeId, g: GraphBuilder): NodeId {
  return g.select(isNegative(x, g), g.binary('mul', slope, x), x);
}

/** The activation that a fused kernel applies to its result, by tfjs's name of it. @throws Error for an unknown name. */
export function fusedActivation(x: NodeId, call: KernelCall, g: GraphBuilder): NodeId {
  const { activation, leakyreluAlpha = 0.2 } = attrsOf<{ activation?: string | null; leakyreluAlpha?: number }>(call);
  switch (activation) {
    case undefined:
    case null:
    case 'linear':
      return x;
    case 'relu':
      return relu(x, g);
    case 'relu6':
      return clip(x, 0, 6, g);
    case 'elu':
      return elu(x, 1, g);
    case 'sigmoid':
      return g.unary('sigmoid', x);
    case 'leakyrelu':
      return leaky(x, g.scalar(leakyreluAlpha), g);
    case 'prelu':
      return leaky(x, inputOf(call, 'preluActivationWeights'), g);
    default:
      throw new Error(`kernel ${call.kernelName}: unknown activation "${activation}"`);
  }
}

/** Kernels of activations and what their gradients use. */
export const ACTIVATION: LoweringTable = {
  [tf.Relu]: (call, g) => relu(inputOf(call, 'x'), g),
  [tf.Relu6]: (call, g) => clip(inputOf(call, 'x'), 0, 6, g),
  [tf.Elu]: (call, g) => elu(inputOf(call, 'x'), 1, g),
  [tf.Selu]: (call, g) => g.binary('mul', g.scalar(SELU_SCALE), elu(inputOf(call, 'x'), SELU_ALPHA, g)),
  [tf.LeakyRelu]: (call, g) => leaky(inputOf(call, 'x'), g.scalar(attrsOf<tf.LeakyReluAttrs>(call).alpha), g),
  [tf.Prelu]: (call, g) => leaky(inputOf(call, 'x'), inputOf(call, 'alpha'), g),
  [tf.ClipByValue]: (call, g) => {
    const { clipValueMin, clipValueMax } = attrsOf<tf.ClipByValueAttrs>(call);
    return clip(inputOf(call, 'x'), clipValueMin, clipValueMax, g);
  },
  // At NaN, where tfjs gives NaN, this gives alpha: what it multiplies is NaN there by itself.
  [tf.Step]: (call, g) => {
    const x = inputOf(call, 'x');
    const dtype = g.dtype(x);
    const isPositive = g.compare('lt', zero(x, g), x);
    return g.select(isPositive, g.scalar(1, dtype), g.scalar(attrsOf<tf.StepAttrs>(call).alpha, dtype));
  },
  [tf.EluGrad]: (call, g) => {
    const [dy, y] = [inputOf(call, 'dy'), inputOf(call, 'y')];
    return g.select(isNegative(y, g), g.binary('mul', dy, g.binary('add', y, g.scalar(1))), dy);
  },
};
