/** @file The parameter store: named, constrained, trainable values. */
import { writeFileAtomically } from '#platform';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { freeze } from 'immer';
import type { Constraint } from '../constraints/constraint.ts';
import { real } from '../constraints/real.ts';
import type { Parameter } from '../distributions/parameter.ts';
import { asTensor, violation } from '../distributions/parameter.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { biject } from '../transforms/biject.ts';
import { checkOptions } from '../util/options.ts';
import type { Shape } from '../util/shape.ts';
import { format, sameShape } from '../util/shape.ts';
import type { ExactParams } from './exactParams.ts';
import { exactParams } from './exactParams.ts';
import type { FileSource } from './fileSource.ts';
import { bytesOf, readable } from './fileSource.ts';
import { settle } from './held.ts';
import { standInsInForce } from './standIns.ts';
import { decodeStoreFile, encodeStoreFile } from './storeFile.ts';

/** One parameter, detached from any tensor: plain data. */
export interface ParamSnapshot {
  readonly shape: readonly number[];
  /** The constrained value, in row-major order. */
  readonly value: Float32Array;
  readonly constraint: Constraint;
}

/** A whole store at one moment; immutable. */
export type StoreState = Readonly<Record<string, ParamSnapshot>>;

/** What is saved beside the parameters. */
export interface SaveOptions {
  /** The optimiser whose state is saved too. */
  readonly optim?: Pick<Optimizer, 'getState'>;
}

/** What is loaded beside the parameters, and from which files. */
export interface LoadOptions {
  /** The optimiser that goes on from the state saved with the parameters. */
  readonly optim?: Pick<Optimizer, 'setState'>;
  /** Whether safetensors files by other tools will do: their arrays of floats become parameters without constraints. */
  readonly foreign?: boolean;
}

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
      standInsInForce()?.fail();
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
    const state = [...this.entries].map(([name, { constraint }]): [string, ParamSnapshot] => {
      const value = this.get(name);
      const snapshot = { shape: [...value.shape], value: (value.dataSync() as Float32Array).slice(), constraint };
      value.dispose();
      return [name, snapshot];
    });
    return freeze(Object.fromEntries(state), true);
  }

  /** Makes the store hold exactly what `state` says. Unchanged if `state` cannot be read. */
  setState(state: StoreState): void {
    const entries = makeEntries(Object.entries(state), (name, { shape, value, constraint }) => ({
      variable: tf.tidy(() => tf.variable(unconstrain(name, tf.tensor(value.slice(), [...shape]), constraint))),
      constraint,
    }));
    this.clear();
    this.put(entries);
  }

  /**
   * Puts parameters back as `exactParams` found them, to the last bit. All or nothing.
   *
   * @param keepsOthers - whether the store keeps parameters that are not among them.
   * @param alongside - what else is to happen or not to happen with it.
   * @throws what `alongside` throws.
   */
  restore(params: ExactParams, keepsOthers: boolean, alongside: () => void = () => undefined): void {
    const entries = makeEntries(params, (_, { constraint, unconstrained: { shape, values } }) => ({
      variable: tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...shape], 'float32'))),
      constraint,
    }));
    try {
      alongside();
    } catch (error) {
      disposeOf(entries);
      throw error;
    }
    if (!keepsOthers) this.clear();
    this.put(entries);
  }

  /**
   * Everything in the store as one file of the safetensors format, of which `param/NAME` are the constrained values; and
   * with it the state of an optimiser.
   *
   * @throws Error for a constraint that is none of `constraints`, naming the parameter.
   */
  async toBytes(options: SaveOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
    checkOptions('store.toBytes', options, ['optim']);
    // Both are read before anything is waited for: a run may be under way.
    const optim = options.optim?.getState() ?? null;
    const params = exactParams(this);
    return encodeStoreFile({ params: await params, optim, run: null });
  }

  /**
   * Writes {@link toBytes} to a file, which holds its old content or the new at any time, never a part of it.
   *
   * @throws Error when the file cannot be written, or as {@link toBytes} does; in a browser, where there are no files.
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    await writeFileAtomically(path, await this.toBytes(options));
  }

  /**
   * Makes the store hold exactly what was saved, to the last bit.
   *
   * @param source - a path (in Node), or the content: bytes, an ArrayBuffer, a Blob or the Response of `fetch`.
   * @throws Error that says what is wrong with the file: damaged, truncated, of another tool, or without the state of an
   * optimiser like the one given. Store and optimiser are unchanged then.
   */
  async load(source: FileSource, options: LoadOptions = {}): Promise<void> {
    checkOptions('store.load', options, ['optim', 'foreign']);
    const { optim: optimizer, foreign = false } = options;
    const bytes = await bytesOf(source);
    readable(source, () => {
      const { params, optim } = decodeStoreFile(bytes, { foreign });
      if (optimizer !== undefined && optim === null) throw new Error('it was saved without the state of an optimiser; save with { optim }');
      this.restore(params, false, () => optim !== null && optimizer?.setState(optim));
    });
  }

  private put(entries: ReadonlyMap<string, Entry>): void {
    for (const [name, entry] of entries) {
      this.delete(name);
      this.entries.set(name, entry);
    }
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

/** All entries, or none when `make` throws. */
function makeEntries<T>(from: Iterable<readonly [string, T]>, make: (name: string, from: T) => Entry): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  try {
    for (const [name, value] of from) entries.set(name, make(name, value));
    return entries;
  } catch (error) {
    disposeOf(entries);
    throw error;
  }
}

function disposeOf(entries: ReadonlyMap<string, Entry>): void {
  for (const { variable } of entries.values()) variable.dispose();
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
