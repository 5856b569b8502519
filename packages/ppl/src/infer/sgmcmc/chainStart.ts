/** @file Where a chain begins: its latent sites, and a point of unconstrained space where density and gradient are finite. */
import type { RandomStream } from '../../random/stream.ts';
import { findInitialPoint } from '../mcmc/initialPoint.ts';
import type { InitStrategy } from '../mcmc/initStrategy.ts';
import { initialDraws } from '../mcmc/initStrategy.ts';
import { EagerModelDensity } from '../mcmc/model/eagerDensity.ts';
import type { LatentSites } from '../mcmc/model/latentSites.ts';
import { ModelRun } from '../mcmc/model/modelRun.ts';
import { targetOf } from '../mcmc/model/modelTarget.ts';
import type { Model } from '../mcmc/target.ts';
import type { Position } from './potential.ts';

/** A model with the arguments of one batch, under the handlers in force when this was made. */
export class ChainStart {
  private readonly run: ModelRun;

  /** @throws SiteError for latent sites that have no gradient, or of which batches see parts. */
  constructor(model: (...args: never[]) => unknown, args: readonly unknown[], stream: RandomStream) {
    this.run = new ModelRun(model as Model, args, stream, false, 'of data');
  }

  get latent(): LatentSites {
    return this.run.latent;
  }

  /**
   * A point by `strategy`, looked for on the active tfjs backend.
   *
   * @throws InitialPointError when there is none; TypeError for a strategy that is none.
   */
  find(strategy: InitStrategy, chain: number, stream: RandomStream): Position {
    const density = new EagerModelDensity(this.run);
    const target = targetOf(this.run, density);
    const { draw, maxTries } = initialDraws(strategy, target, chain);
    const describe = (coordinate: number): string => target.describeCoordinate(coordinate);
    const { position } = findInitialPoint(density, draw, stream, describe, maxTries, (q) => target.explain?.(q) ?? null);
    const part = (offset: number, size: number): Float32Array => Float32Array.from(position.subarray(offset, offset + size));
    return Object.fromEntries(this.run.sites.map(({ name, offset, size }) => [name, part(offset, size)]));
  }
}
