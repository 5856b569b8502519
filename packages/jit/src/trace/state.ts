/** @file Variables that a traced function reads and assigns: inputs of the graph, and results. */
import * as tf from '@tensorflow/tfjs-core';
import type { NodeId } from '../graph/node.ts';
import type { TraceBackend } from './backend.ts';
import { callerLocation, TraceError } from './error.ts';

/**
 * The variables of one trace. Until {@link restore}, they stand for inputs of the graph, and for what was assigned to them
 * afterwards; their own data and what tfjs has noted of them are left alone.
 */
export class TracedState {
  readonly #backend: TraceBackend;
  /** What each holds now. */
  readonly #held = new Map<tf.Variable, tf.Tensor>();
  readonly #undo: (() => void)[] = [];

  constructor(backend: TraceBackend) {
    this.#backend = backend;
  }

  /** Has each variable stand for a new input of the graph under construction, which it gives. */
  begin(variables: readonly tf.Variable[]): tf.Tensor[] {
    return variables.map((variable) => {
      const own = Object.getOwnPropertyDescriptor(variable, DATA) ?? {};
      const input = this.#backend.placeholder(variable);
      this.#undo.push(() => Object.defineProperty(variable, DATA, own));
      this.#put(variable, this.#backend.nodeOf(input));
      return input;
    });
  }

  has(variable: tf.Variable): boolean {
    return this.#held.has(variable);
  }

  /** Has the variable stand for another value of its shape and type. @throws TraceError in the body of a scan. */
  assign(variable: tf.Variable, value: tf.TensorInfo): void {
    if (this.#backend.isInLoop) {
      throw new TraceError(
        `the body of a scan assigns the variable "${variable.name}": carry its value from step to step, and assign it after the scan`,
        { location: callerLocation() },
      );
    }
    this.#put(variable, this.#backend.nodeOf(value));
  }

  /** What the variables hold, in their order. */
  get results(): NodeId[] {
    return [...this.#held.values()].map((tensor) => this.#backend.nodeOf(tensor));
  }

  /** Gives the variables back as they were. */
  restore(): void {
    for (const step of this.#undo) step();
    for (const tensor of this.#held.values()) tensor.dispose();
    this.#held.clear();
  }

  #put(variable: tf.Variable, node: NodeId): void {
    const tensor = tf.keep(this.#backend.tensorOf(node));
    this.#held.get(variable)?.dispose();
    this.#held.set(variable, tensor);
    Object.defineProperty(variable, DATA, { value: tensor.dataId, writable: true, enumerable: true, configurable: true });
  }
}

/** The property of a tensor through which tfjs comes to all that it knows of its numbers. */
const DATA: keyof tf.Tensor = 'dataId';
