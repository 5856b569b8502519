/** @file A dense network whose outputs depend on earlier inputs only. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor } from '../distributions/parameter.ts';
import type { Shape } from '../util/shape.ts';
import { format, sameShape, shapeOf } from '../util/shape.ts';
import type { AutoregressiveNetwork } from './affineAutoregressive.ts';
import { asRows } from './transform.ts';

/** One dense layer. */
export interface MaskedLayer {
  /** `[inputs, units]`; what the mask covers is not used. */
  readonly kernel: Parameter;
  /** `[units]`. */
  readonly bias: Parameter;
}

/** The shapes that a layer's kernel and bias must have. */
export interface LayerShape {
  readonly kernel: readonly [inputs: number, units: number];
  readonly bias: readonly [units: number];
}

/** Log-scales lie between minus this and this, so that no draw is stretched beyond measure. */
const LOG_SCALE_BOUND = 5;

/**
 * The shapes of the layers of a {@link MaskedNetwork}: those of `hiddenDims`, and one of twice `dimension` units.
 *
 * @throws RangeError unless all are positive integers.
 */
export function maskedLayerShapes(dimension: number, hiddenDims: readonly number[]): LayerShape[] {
  for (const size of [dimension, ...hiddenDims]) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`maskedNetwork: the dimension and hiddenDims must be positive integers, got ${size}`);
  }
  const sizes = [dimension, ...hiddenDims, 2 * dimension];
  return sizes.slice(1).map((units, i) => ({ kernel: [sizes[i] ?? 0, units], bias: [units] }));
}

/**
 * Dense layers, with tanh between them, and with those weights masked that would let a shift or a log-scale depend on its own
 * element or a later one. Every unit has a degree: hidden unit k depends on the inputs up to its degree, and output i on the
 * hidden units of degrees below i.
 *
 * Source: Germain, Gregor, Murray and Larochelle, "MADE: masked autoencoder for distribution estimation" (ICML 2015),
 * equations 12 and 13. Degrees run in turn instead of being drawn.
 */
export class MaskedNetwork implements AutoregressiveNetwork {
  readonly dimension: number;
  readonly layers: readonly MaskedLayer[];
  /** One a layer: ones where a unit may see one of its inputs. */
  private readonly masks: readonly Float32Array[];

  /**
   * @param dimension - the length n of the vectors.
   * @param layers - the last one has 2n units: all shifts, then all log-scales (before they are bounded).
   * @throws Error when the shapes do not fit.
   */
  constructor(dimension: number, layers: readonly MaskedLayer[]) {
    const hidden = layers.slice(0, -1).map(({ bias }) => shapeOf(bias)[0] ?? 0);
    const shapes = maskedLayerShapes(dimension, hidden);
    layers.forEach(({ kernel, bias }, i) => {
      checkShape(`kernel ${i}`, kernel, shapes[i]?.kernel ?? []);
      checkShape(`bias ${i}`, bias, shapes[i]?.bias ?? []);
    });
    this.dimension = dimension;
    this.layers = layers;
    const inputs = Array.from({ length: dimension }, (_, i) => i + 1);
    const highest = Math.max(1, dimension - 1);
    const degrees = [inputs, ...hidden.map((units) => Array.from({ length: units }, (_, k) => (k % highest) + 1)), [...inputs, ...inputs]];
    this.masks = layers.map((_, i) => mask(degrees[i] ?? [], degrees[i + 1] ?? [], i === layers.length - 1));
  }

  apply(x: Tensor): { readonly shift: Tensor; readonly logScale: Tensor } {
    return tf.tidy(() => {
      const { dimension } = this;
      const last = this.layers.length - 1;
      let values: Tensor = asRows(x);
      for (let i = 0; i < last; i++) values = tf.tanh(sums(values, this.weights(i)));
      const { kernel, bias } = this.weights(last);
      // Of the weights, which are fewer than the results, halves are taken sooner.
      const half = (start: number): Tensor =>
        tf.reshape(sums(values, { kernel: tf.slice(kernel, [0, start], [-1, dimension]), bias: tf.slice(bias, [start], [dimension]) }), x.shape);
      const logScale = tf.mul(tf.tanh(tf.div(half(dimension), LOG_SCALE_BOUND)), LOG_SCALE_BOUND);
      return { shift: half(0), logScale };
    });
  }

  /** Layer `i`, masked. */
  private weights(i: number): { readonly kernel: Tensor; readonly bias: Tensor } {
    const { kernel, bias } = this.layers[i] as MaskedLayer;
    const weights = asTensor(kernel);
    return { kernel: tf.mul(weights, tf.tensor(this.masks[i] as Float32Array, weights.shape)), bias: asTensor(bias) };
  }
}

function mask(before: readonly number[], after: readonly number[], isLast: boolean): Float32Array {
  const sees = before.flatMap((from) => after.map((to) => (isLast ? to > from : to >= from)));
  return Float32Array.from(sees, Number);
}

function sums(values: Tensor, { kernel, bias }: { readonly kernel: Tensor; readonly bias: Tensor }): Tensor {
  return tf.add(tf.matMul(values, kernel), bias);
}

function checkShape(what: string, value: Parameter, shape: Shape): void {
  const given = shapeOf(value);
  if (!sameShape(given, shape)) throw new Error(`maskedNetwork: ${what} must have shape ${format(shape)}, got ${format(given)}`);
}
