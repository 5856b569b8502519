/** @file Values that lie in a set by construction, so that nobody need look. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraint.ts';
import { sameStructure } from './same.ts';

const sets = new WeakMap<object, Constraint>();

/** Says that `value` was made so as to lie in `set`. */
export function declareInside(value: Tensor, set: Constraint): void {
  sets.set(value.dataId, set);
}

/** Whether it has been said that `value` lies in `set`, or in one made the same way of the same tensors. */
export function isDeclaredInside(value: Tensor, set: Constraint): boolean {
  const known = sets.get(value.dataId);
  return known !== undefined && sameStructure(known, set);
}
