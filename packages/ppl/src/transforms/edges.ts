/** @file Keeping images strictly inside of open sets, where float32 would round them onto the edge. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor } from '../distributions/parameter.ts';

/** The smallest normal float32. */
export const TINY: number = 2 ** -126;

/** The largest float32. */
export const MAX: number = (2 - 2 ** -23) * 2 ** 127;

/** The distance from 1 to the next float32 above. */
export const EPSILON: number = 2 ** -23;

/** A float32 just above `bound`: for a number the next one, for a tensor one or two steps up. */
export function justAbove(bound: Parameter): number | Tensor {
  if (typeof bound === 'number') return step(bound, 1);
  const tensor = asTensor(bound);
  return tf.add(tensor, tf.add(tf.mul(tf.abs(tensor), EPSILON), TINY));
}

/** A float32 just below `bound`. */
export function justBelow(bound: Parameter): number | Tensor {
  if (typeof bound === 'number') return step(bound, -1);
  const tensor = asTensor(bound);
  return tf.sub(tensor, tf.add(tf.mul(tf.abs(tensor), EPSILON), TINY));
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The nearest normal float32 beyond `x` in a direction: neighbouring floats have neighbouring bit patterns. */
function step(x: number, direction: 1 | -1): number {
  float[0] = x;
  if (Math.abs(float[0]) < TINY) return direction * TINY;
  bits[0] = (bits[0] ?? 0) + (float[0] > 0 ? direction : -direction);
  return float[0];
}
