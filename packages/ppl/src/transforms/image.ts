/** @file The set that a transform makes of a set smaller than its domain. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { independent } from '../constraints/independent.ts';
import { sameSet } from '../constraints/same.ts';
import type { Transform } from './transform.ts';

/** All y = transform(x) for x in `set`; decided by looking at the x that a y comes from. */
export class Image implements Constraint {
  readonly name: string;
  readonly eventDim: number;
  readonly isDiscrete: boolean;
  readonly transform: Transform;
  readonly set: Constraint;

  constructor(transform: Transform, set: Constraint) {
    this.name = `${transform.name} of ${set.name}`;
    this.eventDim = transform.codomain.eventDim + Math.max(0, set.eventDim - transform.domain.eventDim);
    this.isDiscrete = set.isDiscrete;
    this.transform = transform;
    this.set = set;
  }

  check(value: Tensor): Tensor {
    return tf.tidy(() => {
      const { transform, set, eventDim } = this;
      const inCodomain = independent(transform.codomain, eventDim - transform.codomain.eventDim).check(value);
      const x = transform.inverse(value);
      const needed = eventDim + transform.domain.eventDim - transform.codomain.eventDim;
      return tf.logicalAnd(inCodomain, independent(set, needed - set.eventDim).check(x));
    });
  }
}

/** The set that `transform` makes of `set`: its codomain if `set` is its whole domain, else an {@link Image}. */
export function imageOf(transform: Transform, set: Constraint): Constraint {
  if (!sameSet(set, transform.domain)) return new Image(transform, set);
  return independent(transform.codomain, Math.max(0, set.eventDim - transform.domain.eventDim));
}
