/** @file A network whose weights are random choices. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { param, sample } from '@tychejs/ppl';
import { lift } from './lift/lift.ts';
import type { ForwardOptions, LiftedNet, Net, NetInput } from './lift/net.ts';
import type { Distribution, Prior } from './priors/prior.ts';

/**
 * A lifted network and the prior of its weights. Weights with a prior are sample sites, the others parameters; both have
 * the weights' names.
 */
export class BayesianNet {
  readonly lifted: LiftedNet;
  private readonly priors: Map<string, Distribution>;

  /** @param prior - `null` makes all weights parameters. */
  constructor(net: Net, prior: Prior | null) {
    this.lifted = lift(net);
    this.priors = prior?.apply(this.lifted.parameters) ?? new Map<string, Distribution>();
  }

  /** The weights that are sampled. */
  get siteNames(): string[] {
    return this.lifted.parameters.map(({ name }) => name).filter((name) => this.priors.has(name));
  }

  /** Samples the weights that have a prior: statements of a model. */
  sampleWeights(): Map<string, Tensor> {
    return new Map([...this.priors].map(([name, prior]) => [name, sample(name, prior)]));
  }

  /** Reads the weights that have none: statements of a model. They begin where the network's are. */
  readParameters(): Map<string, Tensor> {
    const plain = this.lifted.parameters.filter(({ name }) => !this.priors.has(name));
    return new Map(plain.map(({ name, value }) => [name, param(name, () => tf.clone(value()))]));
  }

  /** The network's output with weights sampled and read: statements of a model. @throws Error unless there is one output. */
  forward(x: NetInput, options: ForwardOptions): Tensor {
    const output = this.lifted.forward(x, new Map([...this.sampleWeights(), ...this.readParameters()]), options);
    if (output instanceof tf.Tensor) return output;
    const got = Array.isArray(output) ? `${output.length} outputs` : typeof output;
    throw new Error(`the net gives ${got}, but a likelihood takes one tensor; wrap it as { forward(x, parameters), parameters } that joins them`);
  }

  /** Replaces the priors of weights that are sampled and that `prior` exposes; the others keep theirs. */
  updatePrior(prior: Prior): void {
    const updated = prior.apply(this.lifted.parameters, new Set(this.priors.keys()));
    for (const [name, distribution] of updated) this.priors.set(name, distribution);
  }
}
