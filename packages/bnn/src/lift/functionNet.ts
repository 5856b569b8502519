/** @file Lifting a network that is a plain function of its input and weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { ForwardOptions, FunctionNet, LiftedNet, NetInput, NetOutput, NetParameter, NetState } from './net.ts';
import { Overrides } from './override.ts';

/**
 * Gives the function its weights as its second argument, and in place of the properties of `parameters`. Variables that are not
 * trainable are state: the function gets their values too.
 */
export class LiftedFunction implements LiftedNet {
  readonly parameters: readonly NetParameter[];
  readonly layerNames: readonly string[] = [];
  readonly state: readonly NetState[];
  readonly outputLayer = null;
  private readonly net: FunctionNet;
  private readonly written = new Map<string, Variable>();

  /** @throws TypeError when an entry of `parameters` is no variable. */
  constructor(net: FunctionNet) {
    this.net = net;
    const entries = Object.entries(net.parameters);
    for (const [name, variable] of entries) {
      if (variable instanceof tf.Variable) continue;
      throw new TypeError(`net.parameters["${name}"] must be a tf.Variable: make it with tf.variable(initialValue)`);
    }
    this.parameters = entries.filter(([, { trainable }]) => trainable).map(([name, variable]) => {
      const role = name.split('.').at(-1) ?? name;
      return { name, role, layerName: '', layers: [], shape: variable.shape, variable, value: () => variable };
    });
    this.state = entries.filter(([, { trainable }]) => !trainable).map(([name, variable]) => this.stateOf(name, variable));
  }

  /** @throws Error when `forward` does not read one of its parameters: then a change of its value would have no effect. */
  forward(x: NetInput, values: ReadonlyMap<string, Tensor>, options: ForwardOptions): NetOutput {
    const unread = new Set(this.parameters.map(({ name }) => name));
    const overrides = new Overrides();
    const given: Record<string, Tensor> = {};
    const give = (name: string, get: () => Tensor | undefined): void => {
      Object.defineProperty(given, name, { get, enumerable: true });
      overrides.define(this.net.parameters, name, { get });
    };
    for (const { name } of this.parameters) {
      give(name, () => {
        unread.delete(name);
        return values.get(name);
      });
    }
    for (const { name, value } of this.state) give(name, value);
    let output: NetOutput;
    try {
      output = this.net.forward(x, given, options);
    } finally {
      overrides.restore();
    }
    if (unread.size > 0) {
      throw new Error(
        `net.forward did not read its parameter${unread.size === 1 ? '' : 's'} ${[...unread].map((name) => `"${name}"`).join(', ')}: ` +
          'take the weights from its second argument, as in forward: (x, { w }) => tf.matMul(x, w), not from variables outside',
      );
    }
    return output;
  }

  topology(): null {
    return null;
  }

  dispose(): void {
    for (const copy of this.written.values()) copy.dispose();
    this.written.clear();
  }

  private stateOf(name: string, variable: Variable): NetState {
    const assign = (next: Tensor): void => {
      const copy = this.written.get(name) ?? tf.variable(tf.clone(variable), false);
      this.written.set(name, copy);
      copy.assign(next);
    };
    return { name, shape: variable.shape, variable, value: () => this.written.get(name) ?? variable, assign };
  }
}
