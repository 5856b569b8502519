/** @file Running a model at points of unconstrained space. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { SeedHandler } from '../../../handlers/seed.ts';
import { TraceHandler } from '../../../handlers/trace.ts';
import type { RandomStream } from '../../../random/stream.ts';
import type { Handler } from '../../../runtime/handler.ts';
import type { Stack } from '../../../runtime/stack.ts';
import { currentStack, withStack } from '../../../runtime/stack.ts';
import type { Trace } from '../../../runtime/trace.ts';
import { forgivingRounding, withValidation } from '../../../util/validation.ts';
import type { Model } from '../target.ts';
import type { LatentSite, LatentSites, Subsampling } from './latentSites.ts';
import { findLatentSites } from './latentSites.ts';
import { ConstrainHandler } from './constrain.ts';

/**
 * A model with its arguments, and the handlers that were in force when this object was made. Randomness that is no latent
 * site is drawn from one fixed stream, so that every run is a function of the latent sites; parameters are read from their
 * store and stay constant.
 */
export class ModelRun {
  readonly latent: LatentSites;
  /** Of unconstrained space. */
  readonly dimension: number;
  private readonly isForgiving: boolean;
  private readonly model: Model;
  private readonly args: readonly unknown[];
  private readonly stream: RandomStream;
  private readonly stack: Stack;

  /**
   * @param isForgiving - whether checks forgive what rounding to float32 does to values, as this run stands in for float64.
   * @throws SiteError when the model cannot be sampled; see `findLatentSites`.
   */
  constructor(model: Model, args: readonly unknown[], stream: RandomStream, isForgiving: boolean, subsampling?: Subsampling) {
    this.isForgiving = isForgiving;
    this.model = model;
    this.args = args;
    this.stream = stream;
    this.stack = currentStack();
    this.latent = this.forgiving(() => findLatentSites(model, args, stream, subsampling));
    this.dimension = this.sites.reduce((sum, site) => sum + site.size, 0);
  }

  /** The latent sites, in the order in which the model meets them. */
  get sites(): readonly LatentSite[] {
    return this.latent.sites;
  }

  /** Calls the model, with `handler` innermost around it. */
  call(handler: Handler): void {
    new SeedHandler({ seed: this.stream }).run(() => handler.run(() => this.model(...(this.args as never[]))));
  }

  /**
   * The trace of the model where its latent sites are the images of `unconstrained`, one tensor a site, and the logarithm of
   * the bijections' volume change.
   *
   * @throws ModelChanged when latent sites or their shapes are not those that were found at first.
   */
  trace(unconstrained: readonly Tensor[]): { trace: Trace; logVolume: Scalar } {
    const constrain = new ConstrainHandler(this.latent, unconstrained);
    const tracer = new TraceHandler();
    tracer.run(() => this.call(constrain));
    return { trace: tracer.trace(), logVolume: constrain.finish() };
  }

  /** log p(latent sites, observations), volume changes of the bijections included. */
  logDensity(unconstrained: readonly Tensor[]): Scalar {
    const { trace, logVolume } = this.trace(unconstrained);
    return tf.add(trace.logProbSum(), logVolume);
  }

  /** Runs `body` under the captured handlers, with the checks of parameters and values switched on or off. */
  within<R>(validate: boolean, body: () => R): R {
    return withValidation(validate, () => withStack(this.stack, body));
  }

  /** {@link within}, freeing the tensors that `body` makes; for eager runs. */
  tidily<R>(validate: boolean, body: () => R): R {
    const engine = tf.engine();
    engine.startScope('density');
    try {
      return this.within(validate, body);
    } finally {
      engine.endScope([]);
    }
  }

  /** Runs `body` with rounding to float32 forgiven, if this run stands in for float64. */
  forgiving<R>(body: () => R): R {
    return this.isForgiving ? forgivingRounding(body) : body();
  }

  /** A point of unconstrained space, cut into one tensor a site. */
  split(q: Float64Array): Tensor[] {
    return this.sites.map(({ offset, size, unconstrainedShape }) =>
      tf.tensor(Float32Array.from(q.subarray(offset, offset + size)), [...unconstrainedShape]),
    );
  }
}
