/** @file Unions of sets that differ in their bounds. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from './constraint.ts';

/** The values that lie in `base` for at least one of its bounds, which vary along their last batch dimension. */
export class AnyComponent implements Constraint {
  readonly name: string;
  readonly eventDim: number;
  readonly isDiscrete: boolean;
  readonly base: Constraint;

  constructor(base: Constraint) {
    this.name = `some component's ${base.name}`;
    this.eventDim = base.eventDim;
    this.isDiscrete = base.isDiscrete;
    this.base = base;
  }

  check(value: Tensor): Tensor {
    return tf.tidy(() => tf.any(this.base.check(tf.expandDims(value, value.rank - this.eventDim)), -1));
  }
}

/** Whether a constraint is one set for all batch elements: whether no bound in it is an array or a tensor. */
export function isFixed(constraint: Constraint): boolean {
  return Object.values(constraint).every((field: unknown) => {
    if (field instanceof tf.Tensor || Array.isArray(field) || ArrayBuffer.isView(field)) return false;
    const isNested = typeof field === 'object' && field !== null && 'check' in field;
    return !isNested || isFixed(field as Constraint);
  });
}
