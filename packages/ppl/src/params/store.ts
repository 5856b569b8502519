/** @file The parameter store: named, constrained, trainable values. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { freeze } from 'immer';
import type { Constraint } from '../constraints/constraint.ts';
import { real } from '../constraints/real.ts';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor, violation } from '../distributions/parameter.ts';
import { biject } from '../transforms/biject.ts';
import type { Shape } from '../util/shape.ts';
import { format, sameShape } from '../util/shape.ts';
import { settle } from './held.ts';
import { standInsInForce } from './standIns.ts';

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
    return tf.tidy(() => {
      const source = standInsInForce()?.get(variable) ?? variable;
      const value = biject(constraint).forward(source);
      return value === source ? tf.clone(source) : value;
    });
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
    // Not `test`, which goes on from the last match when the pattern has the flag g.
    const matching = this.names().filter((name) => name.search(pattern) >= 0);
    return Object.fromEntries(matching.map((name) => [name, this.get(name)]));
  }

  /**
   * Sets a parameter, creating it if need be. An existing one keeps its constraint unless another is given.
   *
   * @throws Error when an existing parameter has another shape, or `value` lies outside of the constraint.
   */
  set(name: string, value: Parameter, constraint?: Constraint): void {
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
        journal?.push({ store: this, name });
      } else {
        settle(old.variable);
        old.variable.assign(unconstrained);
        this.entries.set(name, { variable: old.variable, constraint: set });
      }
    } finally {
      unconstrained.dispose();
    }
  }

  delete(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    settle(entry.variable);
    entry.variable.dispose();
    this.entries.delete(name);
  }

  clear(): void {
    for (const name of this.names()) this.delete(name);
  }

  /**
   * The constrained value of `name`, created from `init` if the store has none yet.
   *
   * @param shape - the shape that the value must have; that of `init`, if it is a tensor.
   * @throws Error when there is neither a value nor an `init`, or when the value kept has another shape: then two models
   * share a name, and the second would silently go on from the first one's leftovers.
   */
  fetch(
    name: string,
    init: Tensor | (() => Tensor) | null,
    constraint: Constraint,
    shape: Shape | null = init instanceof tf.Tensor ? init.shape : null,
  ): Tensor {
    if (!this.entries.has(name)) {
      if (standInsInForce() !== null) throw new Error('comes into being only now');
      if (init === null) throw new Error('has no value yet and no initial value was given');
      tf.tidy(() => this.set(name, typeof init === 'function' ? init() : init, constraint));
    }
    const value = this.get(name);
    if (shape !== null && !sameShape(shape, value.shape)) {
      value.dispose();
      throw new Error(
        `the store holds a value of shape ${format(value.shape)}, but its initial value has ${format(shape)}; ` +
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
      state[name] = { shape: [...value.shape], value: (value.dataSync() as Float32Array).slice(), constraint };
      value.dispose();
    }
    return freeze(state, true);
  }

  /** Makes the store hold exactly what `state` says. Unchanged if `state` cannot be read. */
  setState(state: StoreState): void {
    const entries = new Map<string, Entry>();
    try {
      for (const [name, { shape, value, constraint }] of Object.entries(state)) {
        const variable = tf.tidy(() => tf.variable(unconstrain(name, tf.tensor(value.slice(), [...shape]), constraint)));
        entries.set(name, { variable, constraint });
      }
    } catch (error) {
      for (const { variable } of entries.values()) variable.dispose();
      throw error;
    }
    this.clear();
    for (const [name, entry] of entries) this.entries.set(name, entry);
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw new Error(`param "${name}": the store has no such parameter; it has ${this.names().join(', ') || 'none'}`);
    }
    if (standInsInForce() === null) settle(entry.variable);
    return entry;
  }
}

function unconstrain(name: string, value: Parameter, constraint: Constraint): Tensor {
  const why = violation(value, constraint);
  if (why !== null) throw new RangeError(`param "${name}": value ${why}`);
  return tf.clone(biject(constraint).inverse(asTensor(value)));
}

/** The parameters created since the innermost {@link transaction} began, in whichever store. */
let journal: { readonly store: ParamStore; readonly name: string }[] | null = null;

/** Runs the synchronous `body`; if it throws, the parameters that it created are removed again from their stores. */
export function transaction<R>(body: () => R): R {
  const outer = journal;
  const created: NonNullable<typeof journal> = [];
  journal = created;
  try {
    const result = body();
    outer?.push(...created);
    return result;
  } catch (error) {
    for (const { store, name } of created) store.delete(name);
    throw error;
  } finally {
    journal = outer;
  }
}

const defaultStore = new ParamStore();

/** The process's own store, used wherever no `paramStore` handler is in force. */
export function getParamStore(): ParamStore {
  return defaultStore;
}
