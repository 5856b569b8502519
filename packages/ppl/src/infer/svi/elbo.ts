/** @file What all objectives share that are made from joint runs of guide and model. */
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import { randomStream } from '../../primitives.ts';
import { checkOptions } from '../../util/options.ts';
import { checkInteger } from '../mcmc/checks.ts';
import { checkEngine } from '../mcmc/model/engine.ts';
import type { Engine } from '../mcmc/target.ts';
import { lossAndGradients } from './gradients.ts';
import type { Loss, LossAndGradients, Program } from './loss.ts';
import { runParticle } from './particle.ts';
import { ParticlePlate } from './particlePlate.ts';
import type { Particles } from './particles.ts';

export interface ElboOptions {
  /** Number of joint runs of guide and model that an estimate is made from; 1 by default. */
  readonly numParticles?: number;
  /**
   * Whether guide and model run once for all particles, inside of a plate over particles to the left of all other batch
   * dimensions; false by default. Faster than one by one, if what they compute broadcasts over one more dimension. Particles
   * then share the elements that plates draw.
   */
  readonly vectorizeParticles?: boolean;
  /**
   * How SVI runs its steps, unless it is told itself: `'compiled'`, `'eager'` (on the active tfjs backend), or `'auto'`, the
   * default: compiled where that is possible.
   */
  readonly engine?: Engine;
}

/** What a subclass has of its own. */
interface Particulars {
  /** Names of further options. */
  readonly options?: readonly string[];
  /** Used where the option is left out. */
  readonly numParticles?: number;
  /** Whether log q is seen as a function of the draws alone: see {@link runParticle}. */
  readonly detachGuide?: boolean;
}

/** A loss that is a bound on -log evidence, estimated from runs of the guide, and of the model on the guide's draws. */
export abstract class Elbo implements Loss {
  readonly numParticles: number;
  readonly vectorizeParticles: boolean;
  readonly engine: Engine;
  private readonly plate: ParticlePlate | null;
  private readonly detachGuide: boolean;

  /**
   * @param where - the class as users call it, for error messages.
   * @throws TypeError for unknown options and an engine that is not there; RangeError unless numParticles is a positive
   * integer.
   */
  protected constructor(where: string, options: ElboOptions, particulars: Particulars = {}) {
    checkOptions(where, options, ['numParticles', 'vectorizeParticles', 'engine', ...(particulars.options ?? [])]);
    const { numParticles = particulars.numParticles ?? 1, vectorizeParticles = false, engine = 'auto' } = options;
    checkInteger(where, 'numParticles', numParticles, 1);
    checkEngine(where, engine);
    this.numParticles = numParticles;
    this.vectorizeParticles = vectorizeParticles;
    this.engine = engine;
    this.plate = vectorizeParticles && numParticles > 1 ? new ParticlePlate(where, numParticles) : null;
    this.detachGuide = particulars.detachGuide ?? false;
  }

  /** The loss as the particles see it; its gradient is an estimate of the gradient of the loss. */
  protected abstract estimate(particles: Particles): Scalar;

  /** The number that {@link estimate} gives, where it is cheaper without the gradient. It reads the same parameters. */
  protected value(particles: Particles): Scalar {
    return this.estimate(particles);
  }

  /**
   * The loss and its gradients by the parameters, estimated once.
   *
   * @throws Error when model and guide do not belong together, naming the sites; SiteError for what goes wrong at a site.
   */
  lossAndGradients<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): LossAndGradients {
    return lossAndGradients(() => this.differentiableLoss(model, guide, args));
  }

  /** The loss, estimated once. @throws the same as {@link lossAndGradients}. */
  loss<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): Scalar {
    return tf.tidy(() => this.value(this.run(model, guide, args)));
  }

  /**
   * The loss, estimated once, as a tensor whose gradient is an estimate of the gradient of the loss.
   *
   * @throws the same as {@link lossAndGradients}; NotTraceable while it is recorded for the compiler, if it must run eagerly.
   */
  differentiableLoss<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): Scalar {
    return this.estimate(this.run(model, guide, args));
  }

  private run<A extends unknown[]>(model: Program<A>, guide: Program<A>, args: A): Particles {
    const stream = randomStream('elbo');
    const { detachGuide, numParticles, plate } = this;
    if (plate !== null) return plate.run(model, guide, args, { stream, detachGuide });
    const runs = Array.from({ length: numParticles }, (_, i) => runParticle(model, guide, args, { stream: stream.fold(i), detachGuide }));
    return { runs, count: numParticles, dim: null };
  }
}
