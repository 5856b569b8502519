/** @file The guide of the mode in unconstrained space, and the normal around it. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { delta } from '../../distributions/delta.ts';
import type { Distribution } from '../../distributions/distribution.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { ModelLogDensity } from '../mcmc/model/modelTarget.ts';
import { modelTarget } from '../mcmc/model/modelTarget.ts';
import type { Engine, Target } from '../mcmc/target.ts';
import type { AutoContinuousOptions } from './autoContinuous.ts';
import { AutoContinuous } from './autoContinuous.ts';
import type { FlatLayout } from './flatLayout.ts';
import { LaplaceApproximation } from './laplace/laplaceApproximation.ts';
import type { Precision } from './laplace/mode.ts';
import { NoCurvature, findMode } from './laplace/mode.ts';

export interface AutoLaplaceApproximationOptions<A extends unknown[]> extends Omit<AutoContinuousOptions<A>, 'initScale'> {
  /** How the log density is evaluated of which the Hessian is taken: compiled, in float64, wherever that is possible. */
  readonly engine?: Engine;
}

/** Errors of differences are then of the order of 1e-6, or 1e-3 where gradients are float32's. */
const DOUBLE: Precision = { relativeStep: 1e-3, tolerance: 1e-6 };
const SINGLE: Precision = { relativeStep: 3e-2, tolerance: 1e-2 };

/**
 * All belief on one point of unconstrained space, `PREFIX.loc`: trained, the mode of the posterior density there. When it has
 * been found, {@link laplaceApproximation} gives the normal distribution that fits around it.
 *
 * Source: Tierney and Kadane, "Accurate approximations for posterior moments and marginal densities" (JASA 1986).
 */
export class AutoLaplaceApproximation<A extends unknown[] = unknown[]> extends AutoContinuous<A> {
  private readonly engine: Engine;

  /** @throws TypeError for unknown options. */
  constructor(model: (...args: A) => unknown, options: AutoLaplaceApproximationOptions<A> = {}) {
    super('AutoLaplaceApproximation', model, options, ['engine']);
    const { engine = 'auto' } = options;
    checkEngine(this.className, engine);
    this.engine = engine;
  }

  /**
   * The normal approximation at the mode. Training need only have come near it: Newton's method goes the rest of the way, in
   * float64 where the model can be compiled.
   *
   * @param args - the model's arguments, all of its data among them.
   * @returns a guide that stays as it is, with all methods of the others, and with an estimate of the evidence.
   * @throws Error when the density does not curve downwards at the point that training has come to, or has no mode nearby.
   */
  async laplaceApproximation(...args: A): Promise<LaplaceApproximation<A>> {
    const { target, loc } = this.withLayout(args, (layout) => {
      if (layout === null) throw new Error(`${this.className}: the model has no latent sites`);
      const density = modelTarget(this.model as (...given: never[]) => unknown, args, { engine: this.engine, stream: this.initStream.fold('laplace') });
      return { target: density, loc: tf.tidy(() => this.loc(layout)) };
    });
    const approximation = new LaplaceApproximation(this.model, `${this.prefix}.laplace`, this.findMode(target, await read(loc)));
    return approximation.prepare(args);
  }

  protected override posterior(layout: FlatLayout): Distribution {
    return delta(this.loc(layout), 0, 1);
  }

  protected override latentQuantiles(layout: FlatLayout, qs: readonly number[]): Tensor {
    return tf.tile(tf.expandDims(this.loc(layout), 0), [qs.length, 1]);
  }

  private findMode(target: Target & ModelLogDensity, start: ArrayLike<number>): ReturnType<typeof findMode> {
    try {
      // Only what is compiled can be sent to workers.
      return findMode(target, start, target.toWorker === undefined ? SINGLE : DOUBLE);
    } catch (error) {
      throw this.explained(error, target);
    }
  }

  private explained(error: unknown, target: Target): Error {
    const where = `${this.className}.laplaceApproximation`;
    const advice =
      'Train the guide longer, with a rate that falls; if that does not help the posterior may have no mode in unconstrained space, as ' +
      'that of a hierarchical scale with centred effects: sample standardised effects and scale them, or give stronger priors.';
    if (!(error instanceof NoCurvature)) return new Error(`${where}: ${error instanceof Error ? error.message : String(error)}. ${advice}`, { cause: error });
    const names = error.coordinates.slice(0, 10).map((i) => target.describeCoordinate(i));
    const along = names.length === 0 ? 'some combination of coordinates' : names.join(', ') + (error.coordinates.length > names.length ? ', ...' : '');
    return new Error(`${where}: at the guide's point the log density does not curve downwards along ${along} (${error.message}). ${advice}`, { cause: error });
  }
}

async function read(tensor: Tensor): Promise<ArrayLike<number>> {
  try {
    return await tensor.data();
  } finally {
    tensor.dispose();
  }
}
