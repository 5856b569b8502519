/** @file How a site asks for a baseline. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SampleSite } from '../../runtime/site.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { checkOptions } from '../../util/options.ts';

/**
 * `infer: { baseline }` of a site of the guide whose draws are not reparameterised: what to expect of its reward, the
 * log p - log q that comes after the draw. The nearer to the truth, the less noise is in the gradient; right in the mean it is
 * in any case, so long as the baseline does not depend on the draw itself.
 *
 * The reward has the lengths of the plates around the site at their dimensions, and elsewhere one (`[]` outside of plates), and
 * is scaled as they are. The baselines of one site add up.
 */
export interface BaselineOptions {
  /** A number, or a tensor that broadcasts to the reward; parameters in it are trained to predict the reward. */
  readonly value?: Tensor | number;
  /** Whether to subtract a running mean of earlier rewards, which forgets by `beta` a step, 0.9 by default. */
  readonly decayingAverage?: boolean | { readonly beta: number };
  /** Predicts the reward from `networkInput`, with parameters (`param`) that are trained to do so. Not together with `value`. */
  readonly network?: (input: Tensor) => Tensor;
  /** No gradient flows to what it came from. */
  readonly networkInput?: Tensor;
}

const KEYS: readonly string[] = ['value', 'decayingAverage', 'network', 'networkInput'];
const BETA = 0.9;

/** The baseline that a site asks for; `null` if it asks for none. @throws SiteError when it asks for something else. */
export function baselineOptions(site: SampleSite): BaselineOptions | null {
  const given = site.infer['baseline'];
  if (given === undefined) return null;
  try {
    checkOptions('baseline', given as object, KEYS);
    const options = given as BaselineOptions;
    check(options);
    return options;
  } catch (error) {
    throw SiteError.at(site, error);
  }
}

function check(options: BaselineOptions): void {
  const { value, network, networkInput, decayingAverage } = options;
  if (value !== undefined && typeof value !== 'number' && !(value instanceof tf.Tensor)) {
    throw new TypeError(`baseline: value must be a number or a tensor, got ${typeof value}`);
  }
  if (network !== undefined && value !== undefined) throw new TypeError('baseline: give a value or a network, not both');
  if ((network === undefined) !== (networkInput === undefined)) throw new TypeError('baseline: network and networkInput belong together');
  if (network !== undefined && typeof network !== 'function') throw new TypeError('baseline: network must be a function of a tensor');
  if (networkInput !== undefined && !(networkInput instanceof tf.Tensor)) throw new TypeError('baseline: networkInput must be a tensor');
  if (typeof decayingAverage === 'object') checkOptions('baseline.decayingAverage', decayingAverage, ['beta']);
  const beta = betaOf(options);
  if (beta !== null && !(beta >= 0 && beta < 1)) throw new RangeError(`baseline: beta must lie in [0, 1), got ${String(beta)}`);
}

/** How much of the running mean stays at a step; `null` if there is to be none. */
export function betaOf({ decayingAverage = false }: BaselineOptions): number | null {
  if (typeof decayingAverage === 'object') return decayingAverage.beta;
  return decayingAverage ? BETA : null;
}
