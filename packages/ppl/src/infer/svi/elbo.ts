/** @file What all estimates of the evidence lower bound share: averaging over particles. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import { randomStream } from '../../primitives.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from '../mcmc/checks.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { Engine } from '../mcmc/target.ts';
import { lossAndGradients } from './gradients.ts';
import type { Loss, LossAndGradients, Program } from './loss.ts';
import type { Particle } from './particle.ts';
import { runParticle } from './particle.ts';

export interface ElboOptions {
  /** Number of joint runs of guide and model that an estimate averages over; 1 by default. */
  readonly numParticles?: number;
  /**
   * How SVI runs its steps, unless it is told itself: `'compiled'`, `'eager'` (on the active tfjs backend), or `'auto'`, the
   * default: compiled where that is possible.
   */
  readonly engine?: Engine;
}

/** A loss that is -ELBO, estimated from runs of the guide and of the model on the guide's draws. */
export abstract class Elbo implements Loss {
  readonly numParticles: number;
  readonly engine: Engine;

  /**
   * @param where - the class as users call it, for error messages.
   * @throws TypeError for unknown options and an engine that is not there; RangeError unless numParticles is a positive
   * integer.
   */
  constructor(where: string, options: ElboOptions = {}) {
    checkOptions(where, options, ['numParticles', 'engine']);
    const { numParticles = 1, engine = 'auto' } = options;
    checkInteger(where, 'numParticles', numParticles, 1);
    checkEngine(where, engine);
    this.numParticles = numParticles;
    this.engine = engine;
  }

  /** -ELBO as one particle sees it; its gradient is an estimate of the gradient of -ELBO. */
  protected abstract estimate(particle: Particle): Scalar;

  /**
   * -ELBO and its gradients by the parameters, estimated once.
   *
   * @throws Error when model and guide do not belong together, naming the sites; SiteError for what goes wrong at a site.
   */
  lossAndGradients<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): LossAndGradients {
    return lossAndGradients(() => this.differentiableLoss(model, guide, args));
  }

  /** -ELBO, estimated once. @throws the same as {@link lossAndGradients}. */
  loss<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): Scalar {
    return tf.tidy(() => this.differentiableLoss(model, guide, args));
  }

  /** -ELBO, estimated once, as a tensor whose gradient is an estimate of the gradient of -ELBO. @throws the same as {@link lossAndGradients}. */
  differentiableLoss<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): Scalar {
    const stream = randomStream('elbo');
    const particles = Array.from({ length: this.numParticles }, (_, i) => runParticle(model, guide, args, stream.fold(i)));
    return this.combine(particles.map((particle) => this.estimate(particle)));
  }

  /** One estimate from those of the particles, of which there is at least one. */
  protected combine(estimates: readonly Scalar[]): Scalar {
    const [only] = estimates;
    return estimates.length === 1 && only !== undefined ? only : tf.div(tf.addN([...estimates]), estimates.length);
  }
}
