/** @file What model and guide assign to variables of their own, such as moving averages: noted, and taken back. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';

/** Those that note what is assigned now, innermost last. */
const noting: Assignments[] = [];

/** Notes which variables are assigned while a body runs, and what they held before. */
export class Assignments {
  private readonly before = new Map<Variable, Tensor>();
  private found: readonly Variable[] = [];

  /** The variables that were assigned and are still there, in the order of their first assignment. */
  get variables(): readonly Variable[] {
    return (this.before.size > 0 ? [...this.before.keys()] : this.found).filter(({ isDisposed }) => !isDisposed);
  }

  /** Runs `body`. If it gives a promise, only what it assigns at once is noted. Call {@link undo} or {@link accept} then. */
  run<R>(body: () => R): R {
    const { prototype } = tf.Variable;
    const assign = Reflect.get(prototype, 'assign') as (this: Variable, value: Tensor) => void;
    prototype.assign = function noted(this: Variable, value: Tensor): void {
      noting.at(-1)?.note(this);
      assign.call(this, value);
    };
    noting.push(this);
    try {
      return body();
    } finally {
      noting.pop();
      prototype.assign = assign;
    }
  }

  /** Has all variables hold again what they held before. */
  undo(): void {
    unnoticed(() => {
      for (const [variable, value] of this.before) if (!variable.isDisposed) variable.assign(value);
    });
    this.accept();
  }

  /** Lets go of what the variables held before. */
  accept(): void {
    this.found = this.variables;
    tf.dispose([...this.before.values()]);
    this.before.clear();
  }

  private note(variable: Variable): void {
    // A copy that shares the numbers.
    if (!this.before.has(variable)) this.before.set(variable, tf.keep(tf.clone<Tensor>(variable)));
  }
}

/** Runs `body`, and takes back what it assigns to variables. */
export function withoutAssignments<R>(body: () => R): R {
  const assignments = new Assignments();
  try {
    return assignments.run(body);
  } finally {
    assignments.undo();
  }
}

/** Runs `body`, whose assignments are nobody's but the library's. */
export function unnoticed(body: () => void): void {
  const outer = noting.splice(0);
  try {
    body();
  } finally {
    noting.push(...outer);
  }
}
