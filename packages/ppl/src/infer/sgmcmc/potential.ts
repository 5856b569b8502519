/** @file The potential energy of a model, -log p in unconstrained space, as a loss whose parameters are the latent sites. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { InferConfigHandler } from '../../handlers/inferConfig.ts';
import { ParamStoreHandler } from '../../handlers/paramStore.ts';
import { TraceHandler } from '../../handlers/trace.ts';
import { ParamStore } from '../../params/store.ts';
import { param } from '../../primitives.ts';
import type { Trace } from '../../runtime/trace.ts';
import { ConstrainHandler } from '../mcmc/model/constrain.ts';
import type { LatentSites } from '../mcmc/model/latentSites.ts';
import type { Loss } from '../svi/loss.ts';
import { lossOf } from '../svi/lossOf.ts';

/** Where a chain stands: the unconstrained values of sites, by name. */
export type Position = Readonly<Record<string, Float32Array>>;

/**
 * Holds the unconstrained value of each latent site as a parameter of a store of its own, and runs the model with the sites where
 * these say. The model's own parameters stay what they are.
 */
export class Potential<A extends unknown[]> {
  /** The positions, by site. */
  readonly store: ParamStore = new ParamStore();
  readonly loss: Loss;
  private readonly model: (...args: A) => unknown;
  private readonly latent: LatentSites;

  constructor(model: (...args: A) => unknown, latent: LatentSites) {
    this.model = model;
    this.latent = latent;
    this.loss = lossOf((_model, _guide, args) => this.energy(args as unknown as A));
  }

  /** Moves to `position`. */
  moveTo(position: Position): void {
    for (const { name, unconstrainedShape } of this.latent.sites) {
      const values = (position[name] as Float32Array).slice();
      tf.tidy(() => this.store.set(name, tf.tensor(values, [...unconstrainedShape])));
    }
  }

  /** Whether the values of sites are the positions themselves. */
  get isUnconstrained(): boolean {
    return this.latent.sites.every((site) => site.isUnconstrained);
  }

  /** The values of the latent sites here, in a run of the model under the handlers in force. The tensors are the caller's. */
  values(args: A): Record<string, Tensor> {
    return tf.tidy(() => {
      const { trace } = this.run(args);
      return Object.fromEntries(this.latent.sites.map(({ name }) => [name, tf.clone(valueIn(trace, name))]));
    });
  }

  private energy(args: A): Scalar {
    const { trace, logVolume } = this.run(args);
    return tf.neg(tf.add(trace.logProbSum(), logVolume));
  }

  private run(args: A): { trace: Trace; logVolume: Scalar } {
    const constrain = new ConstrainHandler(this.latent, this.position());
    const tracer = new TraceHandler();
    tracer.run(() => constrain.run(() => CONSTANT_PARAMETERS.run(() => this.model(...args))));
    return { trace: tracer.trace(), logVolume: constrain.finish() };
  }

  private position(): Tensor[] {
    return new ParamStoreHandler({ store: this.store }).run(() => this.latent.sites.map(({ name }) => param(name)));
  }
}

const CONSTANT_PARAMETERS = new InferConfigHandler({ config: ({ type }) => (type === 'param' ? { trainable: false } : {}) });

function valueIn(trace: Trace, name: string): Tensor {
  const site = trace.nodes.get(name);
  if (site?.type === 'sample') return site.value;
  throw new Error(`the model has no latent site "${name}" any more`);
}
