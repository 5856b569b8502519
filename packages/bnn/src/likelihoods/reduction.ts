/** @file Reducing one number for each datum. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions } from '@tychejs/ppl';

/** `'none'` keeps a number for each datum. */
export type Reduction = 'none' | 'sum' | 'mean';

export interface ReductionOptions {
  /** `'none'` by default. */
  readonly reduction?: Reduction;
}

const REDUCTIONS: Readonly<Record<Reduction, (x: Tensor) => Tensor>> = {
  none: (x) => x,
  sum: (x) => tf.sum(x),
  mean: (x) => tf.mean(x),
};

/** `x`, reduced as the options say. @throws TypeError for an unknown reduction. */
export function reduce(where: string, x: Tensor, options: ReductionOptions): Tensor {
  checkOptions(where, options, ['reduction']);
  const { reduction = 'none' } = options;
  if (!Object.hasOwn(REDUCTIONS, reduction)) {
    throw new TypeError(`${where}: unknown reduction "${String(reduction)}"; take one of ${Object.keys(REDUCTIONS).join(', ')}`);
  }
  return REDUCTIONS[reduction](x);
}
