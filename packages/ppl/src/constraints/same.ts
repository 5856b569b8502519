/** @file Structural comparison of constraints, transforms and other values made of fields. */
import { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraint.ts';
import { IndependentConstraint } from './independent.ts';

/** Fields that follow from the others. */
const DERIVED: ReadonlySet<string> = new Set(['name', 'contains']);

/**
 * Whether `a` and `b` are the same object, or of the same class with the same fields all the way down. Tensors and
 * functions are the same only if they are one: the values of tensors are not read.
 */
export function sameStructure(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Tensor || b instanceof Tensor) return false;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => {
    if (DERIVED.has(key)) return true;
    return Object.hasOwn(b, key) && sameStructure(Reflect.get(a, key), Reflect.get(b, key));
  });
}

/** Whether two constraints describe the same set, element by element: an array of reals is as good as a vector. */
export function sameSet(a: Constraint, b: Constraint): boolean {
  return sameStructure(elementwise(a), elementwise(b));
}

function elementwise(constraint: Constraint): Constraint {
  return constraint instanceof IndependentConstraint ? constraint.base : constraint;
}
