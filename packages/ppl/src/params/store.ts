/** @file The parameter store: named, constrained, trainable values. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike, Variable } from '@tensorflow/tfjs-core';
import { freeze } from 'immer';
import type { Constraint } from '../constraints/constraint.ts';
import { real } from '../constraints/real.ts';
import { biject } from '../transforms/biject.ts';
import { format, sameShape } from '../util/shape.ts';

/** One parameter, detached from any tensor: plain data. */
export interface ParamSnapshot {
  readonly shape: readonly number[];
  /** The constrained value, in row-major order. */
  readonly value: Float32Array;
  readonly constraint: Constraint;
}

/** A whole store at one moment; immutable. */
export type StoreState = Readonly<Record<string, ParamSnapshot>>;

interface Entry {
  /** Unconstrained: what optimisers move. */
  readonly variable: Variable;
  readonly constraint: Constraint;
}

/**
 * Named values that inference optimises. Each is kept as a variable over unconstrained space and seen through the
 * bijection of its constraint. The store owns its variables; what `get` returns is the caller's to dispose.
 */
export class ParamStore {
  private readonly entries = new Map<string, Entry>();

  names(): string[] {
    return [...this.entries.keys()];
  }

  has(name: string): boolean {
    return this.entries.has(name);
  }

  /** The constrained value, through which gradients flow to {@link variable}. @throws Error when there is none. */
  get(name: string): Tensor {
    const { variable, constraint } = this.entry(name);
    return tf.tidy(() => tf.clone(biject(constraint).forward(variable)));
  }

  /** The unconstrained variable behind a parameter. @throws Error when there is none. */
  variable(name: string): Variable {
    return this.entry(name).variable;
  }

  /** The set that a parameter's value lies in. @throws Error when there is no such parameter. */
  constraint(name: string): Constraint {
    return this.entry(name).constraint;
  }

  /** The names that `pattern` matches, with their constrained values. */
  match(pattern: RegExp | string): Record<string, Tensor> {
    const regex = new RegExp(pattern);
    return Object.fromEntries(this.names().filter((name) => regex.test(name)).map((name) => [name, this.get(name)]));
  }

  /**
   * Sets a parameter, creating it if need be. An existing one keeps its constraint unless another is given.
   *
   * @throws Error when an existing parameter has another shape, or `value` lies outside of the constraint.
   */
  set(name: string, value: Tensor | TensorLike, constraint?: Constraint): void {
    const old = this.entries.get(name);
    const set = constraint ?? old?.constraint ?? real;
    const unconstrained = tf.tidy(() => unconstrain(name, value, set));
    try {
      if (old !== undefined && !sameShape(old.variable.shape, unconstrained.shape)) {
        throw new Error(
          `param "${name}": new value has unconstrained shape ${format(unconstrained.shape)}, but the store holds ` +
            `${format(old.variable.shape)}; delete("${name}") first if the change of shape is meant`,
        );
      }
      if (old === undefined) {
        this.entries.set(name, { variable: tf.variable(unconstrained), constraint: set });
      } else {
        old.variable.assign(unconstrained);
        this.entries.set(name, { variable: old.variable, constraint: set });
      }
    } finally {
      unconstrained.dispose();
    }
  }

  delete(name: string): void {
    this.entries.get(name)?.variable.dispose();
    this.entries.delete(name);
  }

  clear(): void {
    for (const name of this.names()) this.delete(name);
  }

  /**
   * The constrained value of `name`, created from `init` if the store has none yet.
   *
   * @throws Error when there is neither a value nor an `init`, or when `init` is a tensor of another shape than the value
   * kept: then two models share a name, and the second would silently go on from the first one's leftovers.
   */
  fetch(name: string, init: Tensor | (() => Tensor) | null, constraint: Constraint): Tensor {
    if (!this.entries.has(name)) {
      if (init === null) throw new Error('has no value yet and no initial value was given');
      tf.tidy(() => this.set(name, typeof init === 'function' ? init() : init, constraint));
    }
    const value = this.get(name);
    if (init instanceof tf.Tensor && !sameShape(init.shape, value.shape)) {
      value.dispose();
      throw new Error(
        `the store holds a value of shape ${format(value.shape)}, but its initial value has ${format(init.shape)}; ` +
          'clear the store between models, or give one of them another name',
      );
    }
    return value;
  }

  /** Everything in the store as plain immutable data. */
  getState(): StoreState {
    const state: Record<string, ParamSnapshot> = {};
    for (const [name, { constraint }] of this.entries) {
      const value = this.get(name);
      state[name] = { shape: [...value.shape], value: value.dataSync() as Float32Array, constraint };
      value.dispose();
    }
    return freeze(state, true);
  }

  /** Makes the store hold exactly what `state` says. Unchanged if `state` cannot be read. */
  setState(state: StoreState): void {
    const tensors = Object.entries(state).map(([name, { shape, value, constraint }]) => ({
      name,
      variable: tf.tidy(() => tf.variable(unconstrain(name, tf.tensor(value, [...shape]), constraint))),
      constraint,
    }));
    this.clear();
    for (const { name, variable, constraint } of tensors) this.entries.set(name, { variable, constraint });
  }

  /** Runs the synchronous `body`; if it throws, the parameters that it created are removed again. */
  transaction<R>(body: () => R): R {
    const before = new Set(this.entries.keys());
    try {
      return body();
    } catch (error) {
      for (const name of this.names()) if (!before.has(name)) this.delete(name);
      throw error;
    }
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw new Error(`param "${name}": the store has no such parameter; it has ${this.names().join(', ') || 'none'}`);
    }
    return entry;
  }
}

function unconstrain(name: string, value: Tensor | TensorLike, constraint: Constraint): Tensor {
  const tensor = value instanceof tf.Tensor ? value : tf.tensor(value as number[]);
  const inside = tf.all(constraint.check(tensor)).dataSync()[0];
  if (inside !== 1) {
    throw new RangeError(`param "${name}": value must be ${constraint.name}; got ${preview(tensor)}`);
  }
  return tf.clone(biject(constraint).inverse(tensor));
}

function preview(tensor: Tensor): string {
  const values = [...tensor.dataSync().slice(0, 6)].join(', ');
  return `[${values}${tensor.size > 6 ? ', ...' : ''}] of shape ${format(tensor.shape)}`;
}

const defaultStore = new ParamStore();

/** The process's own store, used wherever no `paramStore` handler is in force. */
export function getParamStore(): ParamStore {
  return defaultStore;
}
