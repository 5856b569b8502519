/** @file Checks of tensors that have no value yet: what a program that is being recorded has to look at when it runs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';

let pending: Tensor[] | null = null;

/**
 * Runs the synchronous `body`, which is being recorded.
 *
 * @returns with its result, whether all tensors that could not be looked at meanwhile are what they should be: a bool scalar.
 */
export function withPendingChecks<R>(body: () => R): { readonly result: R; readonly holds: Tensor } {
  return collectInto([], (checks) => {
    try {
      const result = body();
      return { result, holds: tf.tidy(() => checks.reduce((a, b) => tf.logicalAnd(a, b), tf.scalar(true, 'bool') as Tensor)) };
    } finally {
      tf.dispose(checks);
    }
  });
}

/** Runs `body` without what {@link withPendingChecks} does: its tensors mean nothing outside of it. */
export function withoutPendingChecks<R>(body: () => R): R {
  return collectInto(null, body);
}

/** Leaves it to the program whether `value` fulfils `constraint`, if somebody has asked for that. */
export function checkLater(value: Tensor, constraint: Constraint): void {
  pending?.push(tf.keep(tf.tidy(() => tf.all(constraint.check(value)))));
}

function collectInto<C extends Tensor[] | null, R>(checks: C, body: (checks: C) => R): R {
  const outer = pending;
  pending = checks;
  try {
    return body(checks);
  } finally {
    pending = outer;
  }
}
