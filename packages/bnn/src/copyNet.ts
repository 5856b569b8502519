/** @file What a network has learnt, given to another one as its own weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { BayesianNet } from './bayesianNet.ts';
import { lift } from './lift/lift.ts';
import type { LiftedNet, Net, NetParameter } from './lift/net.ts';

/**
 * Writes the parameters of `from`, and what its layers keep, to the weights of `to`.
 *
 * @param where - begins error messages.
 * @throws Error, before anything is changed, when weights of `from` are sampled, or `to` has others.
 */
export function copyNet(where: string, from: BayesianNet, to: Net): void {
  const [sampled] = from.siteNames;
  if (sampled !== undefined) {
    throw new Error(`${where}: "${sampled}" is drawn anew for each prediction, and so has no value to be copied; only networks with guide: null can be copied`);
  }
  const target = lift(to);
  try {
    checkSameBuild(where, from.lifted, target);
    const state = new Map(from.lifted.state.map(({ name, value }) => [name, value]));
    tf.tidy(() => {
      for (const { name, variable } of target.parameters) write(variable, from.paramStore.get(name));
      for (const { name, variable, value } of target.state) write(variable, (state.get(name) ?? value)());
    });
  } finally {
    target.dispose();
  }
}

function checkSameBuild(where: string, from: LiftedNet, to: LiftedNet): void {
  const weightsOf = ({ parameters, state }: LiftedNet) => new Map([...parameters, ...state].map(({ name, shape }) => [name, `[${shape.join(', ')}]`]));
  const [own, others] = [weightsOf(from), weightsOf(to)];
  const wrong = [...own.keys(), ...others.keys()].find((name) => own.get(name) !== others.get(name));
  if (wrong === undefined) return;
  const tell = (shape: string | undefined): string => (shape === undefined ? 'does not exist' : `has shape ${shape}`);
  throw new Error(`${where}: the net is of another build: "${wrong}" ${tell(others.get(wrong))} there, but ${tell(own.get(wrong))} here`);
}

/** Gives the weight a copy: the value may share its numbers with a variable that goes on being trained. */
function write(variable: NetParameter['variable'], value: Tensor): void {
  const copy = tf.clone(value);
  if (variable instanceof tf.Variable) variable.assign(copy);
  else variable.write(copy);
}
