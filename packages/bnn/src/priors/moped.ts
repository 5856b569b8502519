/** @file A prior around the weights of a network that was trained before. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, dist } from '@tychejs/ppl';
import { lift } from '../lift/lift.ts';
import type { Net, NetParameter } from '../lift/net.ts';
import type { PriorFilter } from './filter.ts';
import { Exposure } from './filter.ts';
import type { Distribution } from './prior.ts';
import { Prior } from './prior.ts';

export interface MopedOptions {
  /** Standard deviations as a share δ of the weights' sizes; 0.5 by default. */
  readonly delta?: number;
  /** What no standard deviation falls below, for weights near zero; 0.01 by default. */
  readonly minScale?: number;
  /** Which parameters the prior is for; all by default. */
  readonly filter?: PriorFilter;
}

interface Moments {
  readonly loc: Tensor;
  readonly scale: Tensor;
}

const WHERE = 'priors.moped';

/** What {@link moped} makes. It owns the tensors of its distributions until it is disposed of. */
export class MopedPrior extends Prior {
  private readonly moments: Readonly<Record<string, Moments>>;

  constructor(net: Net, options: MopedOptions = {}) {
    checkOptions(WHERE, options, ['delta', 'minScale', 'filter']);
    super(WHERE, new Exposure(WHERE, options.filter));
    const { delta = 0.5, minScale = 0.01 } = options;
    for (const [name, value] of Object.entries({ delta, minScale })) {
      if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`${WHERE}: ${name} must be positive and finite, got ${value}`);
    }
    const lifted = lift(net);
    this.moments = Object.fromEntries(lifted.parameters.map(({ name, value }) => [name, momentsAround(value(), delta, minScale)]));
    lifted.dispose();
  }

  /** The prior's standard deviations, for a guide to begin with: `guides.autoNormal({ initScale: prior.initScale })`. */
  readonly initScale = ({ name }: { readonly name: string }): Tensor => this.momentsOf(name).scale;

  /** Frees the copies of the weights: when no network uses the prior any more. */
  dispose(): void {
    tf.dispose(Object.values(this.moments).flatMap(({ loc, scale }) => [loc, scale]));
  }

  protected override distributionOf({ name, shape }: NetParameter): Distribution {
    const moments = this.momentsOf(name);
    if (moments.loc.shape.join() !== shape.join()) {
      throw new Error(`${WHERE}: "${name}" has shape [${moments.loc.shape.join(', ')}] in the trained net, but [${shape.join(', ')}] here`);
    }
    return dist.normal(moments.loc, moments.scale);
  }

  private momentsOf(name: string): Moments {
    const moments = Object.hasOwn(this.moments, name) ? this.moments[name] : undefined;
    if (moments !== undefined) return moments;
    throw new Error(`${WHERE}: the trained net has no weight "${name}"; it has ${Object.keys(this.moments).join(', ')}. Hide the parameter`);
  }
}

/** Kept beyond any `tf.tidy`; a clone shares the variable's data, and stays as it is when that is assigned to. */
function momentsAround(weight: Tensor, delta: number, minScale: number): Moments {
  const scale = tf.tidy(() => tf.maximum(tf.mul(tf.abs(weight), delta), minScale));
  return { loc: tf.keep(tf.clone(weight)), scale: tf.keep(scale) };
}

/**
 * Normal(w, (δ |w|)²) around the weights w of a network trained before (Krishnan, Subedar and Tickoo, 2020: priors by
 * empirical Bayes). As there, let the guide begin at the same place: its means do so by themselves if `net` is the network that
 * is made Bayesian, its standard deviations by `initScale`:
 *
 * ```ts
 * const prior = priors.moped(net, { delta: 0.2 });
 * const guide = guides.autoNormal({ initLoc: guides.fromPretrained(net), initScale: prior.initScale });
 * ```
 *
 * The weights are copied, so that `net` may change or go afterwards; `dispose()` of the prior frees the copies.
 *
 * @param net - trained, and of the same build as the network that is made Bayesian: weights are found by name.
 * @throws RangeError when `delta` or `minScale` is not positive; Error, when applied, for an exposed parameter that `net`
 * does not have, or has in another shape.
 */
export function moped(net: Net, options: MopedOptions = {}): MopedPrior {
  return new MopedPrior(net, options);
}
