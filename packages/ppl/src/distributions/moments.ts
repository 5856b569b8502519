/** @file Moments that are infinite for some parameters. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { safeWhere } from '../ops/safeWhere.ts';
import type { Operand } from './fold.ts';
import { asTensor } from './parameter.ts';

/** `formula(excess)` where `excess` > 0, Infinity elsewhere; gradients stay finite. */
export function whereExists(excess: Operand, formula: (excess: Tensor) => Tensor): Tensor {
  const given = asTensor(excess);
  return safeWhere(tf.greater(given, 0), given, formula, Infinity);
}
