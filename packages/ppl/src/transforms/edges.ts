/** @file Keeping images strictly inside of open sets, where rounding would put them onto the edge. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { isTracingDouble } from '../backend/tracing.ts';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor } from '../distributions/parameter.ts';
import { exact } from '../ops/exact.ts';

/** The smallest normal float32. */
export const TINY: number = 2 ** -126;

/** The largest float32. */
export const MAX: number = (2 - 2 ** -23) * 2 ** 127;

/** What a type of floating point numbers can tell apart. */
interface Precision {
  /** The smallest normal number. */
  readonly tiny: number;
  /** The distance from 1 to the next number above. */
  readonly epsilon: number;
}

const SINGLE: Precision = { tiny: TINY, epsilon: 2 ** -23 };
const DOUBLE: Precision = { tiny: 2 ** -1022, epsilon: 2 ** -52 };

/** The precision of what runs now: float32, or while tracing the float64 of the program that is recorded. */
export function precision(): Precision {
  return isTracingDouble() ? DOUBLE : SINGLE;
}

/** A number just above `bound`: for a number the next one, for a tensor one or two steps up. */
export function justAbove(bound: Parameter): number | Tensor {
  return justBeyond(bound, 1);
}

/** A number just below `bound`. */
export function justBelow(bound: Parameter): number | Tensor {
  return justBeyond(bound, -1);
}

function justBeyond(bound: Parameter, direction: 1 | -1): number | Tensor {
  if (typeof bound === 'number') return isTracingDouble() ? doubleBeyond(bound, direction) : singleBeyond(bound, direction);
  const { tiny, epsilon } = precision();
  const tensor = asTensor(bound);
  const step = tf.add(tf.mul(tf.abs(tensor), epsilon), exact(tiny));
  return direction === 1 ? tf.add(tensor, step) : tf.sub(tensor, step);
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The nearest normal float32 beyond `x` in a direction: neighbouring floats have neighbouring bit patterns. */
function singleBeyond(x: number, direction: 1 | -1): number {
  float[0] = x;
  if (Math.abs(float[0]) < TINY) return direction * TINY;
  bits[0] = (bits[0] ?? 0) + (float[0] > 0 ? direction : -direction);
  return float[0];
}

const double = new Float64Array(1);
const wideBits = new BigInt64Array(double.buffer);

/** The same of float64. */
function doubleBeyond(x: number, direction: 1 | -1): number {
  double[0] = x;
  if (Math.abs(x) < DOUBLE.tiny) return direction * DOUBLE.tiny;
  wideBits[0] = (wideBits[0] ?? 0n) + BigInt(x > 0 ? direction : -direction);
  return double[0];
}
