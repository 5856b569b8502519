/** @file Initialisation strategies. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { asTensor } from '../../distributions/parameter.ts';
import type { RandomStream } from '../../random/stream.ts';
import { biject } from '../../transforms/biject.ts';
import { feasibleValue } from '../../transforms/feasible.ts';
import { shapeOf, sizeOf } from '../../util/shape.ts';
import { checkInteger, checkPositive } from '../mcmc/checks.ts';
import { medianOverDraws } from './median.ts';
import type { InitSite, SiteInit } from './siteInit.ts';

/** The image of zero under the bijection onto the support: zeros, ones for a positive site, an even simplex. */
export function initToFeasible(): SiteInit {
  return ({ distribution }) => feasibleValue(distribution);
}

/** A draw from the prior. Improper priors fall back on {@link initToFeasible}. */
export function initToSample(): SiteInit {
  return (site, stream) => orFeasible(site, () => site.distribution.sample([], stream));
}

/** The prior's mean, and where that is not finite or has no closed form, {@link initToMedian}. */
export function initToMean(): SiteInit {
  const median = initToMedian();
  return (site, stream) => {
    const mean = orNull(() => site.distribution.mean);
    if (mean === null) return median(site, stream);
    if (mean.dataSync().every(Number.isFinite)) return mean;
    mean.dispose();
    return median(site, stream);
  };
}

/**
 * The median of draws from the prior, element by element in unconstrained space, so that it lies in the support. Improper
 * priors fall back on {@link initToFeasible}, and so do elements whose median lies too near an edge of the support for float32,
 * or too far out: those of Gamma(0.001, 0.001), say.
 *
 * @param numSamples - how many draws; 15 by default.
 * @throws RangeError unless it is a positive integer.
 */
export function initToMedian(numSamples: number = 15): SiteInit {
  checkInteger('initToMedian', 'numSamples', numSamples, 1);
  return (site, stream) => orFeasible(site, () => medianOverDraws(site.distribution, numSamples, stream));
}

/**
 * Uniform on (-radius, radius) in unconstrained space.
 *
 * @param radius - 2 by default, as in Stan.
 * @throws RangeError unless it is positive and finite.
 */
export function initToUniform(radius: number = 2): SiteInit {
  checkPositive('initToUniform', 'radius', radius);
  return ({ distribution }, stream) =>
    tf.tidy(() => {
      const transform = biject(distribution.support);
      const shape = transform.inverseShape([...distribution.batchShape, ...distribution.eventShape]);
      return tf.clone(transform.forward(uniform(shape, radius, stream)));
    });
}

function uniform(shape: readonly number[], radius: number, stream: RandomStream): Tensor {
  const values = Float32Array.from({ length: sizeOf(shape) }, () => radius * (2 * stream.uniform() - 1));
  return tf.tensor(values, [...shape]);
}

/**
 * The given values, by name of the site; a value with fewer dimensions is repeated. Sites that have none get theirs from
 * `fallback`, {@link initToFeasible} by default.
 */
export function initToValue(
  values: Readonly<Record<string, Tensor | TensorLike>>,
  fallback: SiteInit = initToFeasible(),
): SiteInit {
  return (site, stream) => {
    const value = values[site.name];
    return value === undefined ? fallback(site, stream) : widened(site, value);
  };
}

/**
 * A strategy that is made anew for every run of the model, as one that draws all sites at once needs to be: {@link initToValue}
 * of a row of a table, say, another one for each chain. A run begins with the first site, and when a site comes again.
 *
 * @param generate - makes the strategy of one run.
 */
export function initToGenerated(generate: () => SiteInit): SiteInit {
  const met = new Set<string>();
  let strategy: SiteInit | null = null;
  return (site, stream) => {
    if (strategy === null || met.has(site.name)) {
      strategy = generate();
      met.clear();
    }
    met.add(site.name);
    return strategy(site, stream);
  };
}

/** The same value, in every element of every site. */
export function initToConstant(value: number): SiteInit {
  return (site) => widened(site, value);
}

function widened({ name, distribution }: InitSite, value: Tensor | TensorLike): Tensor {
  const shape = [...distribution.batchShape, ...distribution.eventShape];
  try {
    return tf.tidy(() => tf.clone(tf.broadcastTo(asTensor(value), shape)));
  } catch (error) {
    const given = `[${shapeOf(value).join(', ')}]`;
    throw new Error(`site "${name}": its initial value has shape ${given}, but its shape is [${shape.join(', ')}]`, { cause: error });
  }
}

function orFeasible(site: InitSite, attempt: () => Tensor): Tensor {
  return orNull(attempt) ?? feasibleValue(site.distribution);
}

/** What `attempt` returns; `null` when it throws, as distributions do that cannot be sampled or have no mean. */
function orNull(attempt: () => Tensor): Tensor | null {
  try {
    return tf.tidy(attempt);
  } catch {
    return null;
  }
}
