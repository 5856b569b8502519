/** @file The potential energy of a model, -log p in unconstrained space, as a loss whose parameters are the latent sites. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Variable } from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../../distributions/parameter.ts';
import { InferConfigHandler } from '../../handlers/inferConfig.ts';
import { ParamStoreHandler } from '../../handlers/paramStore.ts';
import { TraceHandler } from '../../handlers/trace.ts';
import { copyOf } from '../../params/held.ts';
import { ParamStore } from '../../params/store.ts';
import { param } from '../../primitives.ts';
import type { Trace } from '../../runtime/trace.ts';
import { ConstrainHandler } from '../mcmc/model/constrain.ts';
import type { LatentSite, LatentSites } from '../mcmc/model/latentSites.ts';
import type { SiteValue } from '../mcmc/target.ts';
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
  private variables: readonly Variable[] = [];

  constructor(model: (...args: A) => unknown, latent: LatentSites) {
    this.model = model;
    this.latent = latent;
    this.loss = lossOf((_model, _guide, args) => this.energy(args as unknown as A));
  }

  /** Moves to `position`. @throws RangeError when it is one of other sites. */
  moveTo(position: Position): void {
    this.checkSites(position);
    for (const { name, unconstrainedShape } of this.latent.sites) {
      const values = (position[name] as Float32Array).slice();
      tf.tidy(() => this.store.set(name, tf.tensor(values, [...unconstrainedShape])));
    }
    this.variables = this.latent.sites.map(({ name }) => this.store.variable(name));
  }

  /** Where the sites are. */
  async position(): Promise<Position> {
    const { variables } = this;
    const numbers = await Promise.all(variables.map(copyOf));
    return Object.fromEntries(this.latent.sites.map(({ name }, i) => [name, numbers[i] as Float32Array]));
  }

  /** Whether supports move, so that only a run of the model shows the values of sites. */
  get hasMovingSupports(): boolean {
    return this.latent.sites.some(({ transform }) => transform === null);
  }

  /** The values of sites at `position`, if supports do not move. */
  async valuesAt(position: Position): Promise<Record<string, SiteValue>> {
    return bySite(this.latent.sites, ({ name, shape, transform, unconstrainedShape }) => {
      const x = position[name] as Float32Array;
      if (transform === null || transform.name === 'identity') return { data: Float64Array.from(x), shape };
      return read(tf.tidy(() => tf.clone(transform.forward(tf.tensor(x, [...unconstrainedShape])))));
    });
  }

  /** The values of sites here, in a run of the model under the handlers in force. */
  async valuesIn(run: (body: () => Tensor[]) => Tensor[], args: A): Promise<Record<string, SiteValue>> {
    const { sites } = this.latent;
    const values = run(() =>
      tf.tidy(() => {
        const { trace } = this.run(args);
        return sites.map(({ name }) => tf.clone(valueIn(trace, name)));
      }),
    );
    return bySite(sites, (_, i) => read(values[i] as Tensor));
  }

  private checkSites(position: Position): void {
    const text = (sites: readonly (readonly [string, number])[]): string => sites.map(([name, size]) => `${name} (${size})`).join(', ');
    const own = text(this.latent.sites.map(({ name, size }) => [name, size]));
    const given = text(Object.entries(position).map(([name, { length }]) => [name, length]));
    if (own === given) return;
    throw new RangeError(`infer.SGMCMC: cannot resume: the latent sites and their sizes are ${own} here, and were ${given}: the checkpoint is of another model`);
  }

  private energy(args: A): Scalar {
    const { trace, logVolume } = this.run(args);
    return tf.neg(tf.add(trace.logProbSum(), logVolume));
  }

  private run(args: A): { trace: Trace; logVolume: Scalar } {
    const constrain = new ConstrainHandler(this.latent, this.read());
    const tracer = new TraceHandler();
    tracer.run(() => constrain.run(() => CONSTANT_PARAMETERS.run(() => this.model(...args))));
    return { trace: tracer.trace(), logVolume: constrain.finish() };
  }

  private read(): Tensor[] {
    return new ParamStoreHandler({ store: this.store }).run(() => this.latent.sites.map(({ name }) => param(name)));
  }
}

const CONSTANT_PARAMETERS = new InferConfigHandler({ config: ({ type }) => (type === 'param' ? { trainable: false } : {}) });

function valueIn(trace: Trace, name: string): Tensor {
  const site = trace.nodes.get(name);
  if (site?.type === 'sample') return site.value;
  throw new Error(`the model has no latent site "${name}" any more`);
}

async function bySite(
  sites: readonly LatentSite[],
  value: (site: LatentSite, index: number) => SiteValue | Promise<SiteValue>,
): Promise<Record<string, SiteValue>> {
  return Object.fromEntries(await Promise.all(sites.map(async (site, i) => [site.name, await value(site, i)] as const)));
}

/** The numbers of a tensor, which is disposed of. */
async function read(tensor: Tensor): Promise<SiteValue> {
  try {
    const numbers = canReadSynchronously() ? tensor.dataSync() : await tensor.data();
    return { data: Float64Array.from(numbers), shape: tensor.shape };
  } finally {
    tensor.dispose();
  }
}
