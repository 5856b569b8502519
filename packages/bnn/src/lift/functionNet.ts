/** @file Lifting a network that is a plain function of its input and weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ForwardOptions, FunctionNet, LiftedNet, NetInput, NetOutput, NetParameter, NetState } from './net.ts';
import { Overrides } from './override.ts';

/** Gives the function its weights as its second argument, and in place of the properties of `parameters`. */
export class LiftedFunction implements LiftedNet {
  readonly parameters: readonly NetParameter[];
  readonly layerNames: readonly string[] = [];
  readonly state: readonly NetState[] = [];
  readonly outputLayer = null;
  private readonly net: FunctionNet;

  /** @throws TypeError when an entry of `parameters` is no variable. */
  constructor(net: FunctionNet) {
    this.net = net;
    this.parameters = Object.entries(net.parameters).map(([name, variable]) => {
      if (!(variable instanceof tf.Variable)) {
        throw new TypeError(`net.parameters["${name}"] must be a tf.Variable: make it with tf.variable(initialValue)`);
      }
      const role = name.split('.').at(-1) ?? name;
      return { name, role, layerName: '', layers: [], shape: variable.shape, variable, value: () => variable };
    });
  }

  /** @throws Error when `forward` does not read one of its parameters: then a change of its value would have no effect. */
  forward(x: NetInput, values: ReadonlyMap<string, Tensor>, options: ForwardOptions): NetOutput {
    const unread = new Set(this.parameters.map(({ name }) => name));
    const overrides = new Overrides();
    const given: Record<string, Tensor> = {};
    for (const { name } of this.parameters) {
      const get = (): Tensor | undefined => {
        unread.delete(name);
        return values.get(name);
      };
      Object.defineProperty(given, name, { get, enumerable: true });
      overrides.define(this.net.parameters, name, { get });
    }
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
    // It keeps nothing.
  }
}
