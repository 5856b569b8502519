/** @file What is known of each weight: under the prior, and after training. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { dist } from '@tychejs/ppl';
import type { BayesianNet } from './bayesianNet.ts';
import type { Guide } from './guides/guide.ts';
import type { WeightDescription } from './netDescription.ts';

/** The moments of all elements of a weight, in row-major order. */
export interface WeightMoments {
  readonly mean: ArrayLike<number>;
  readonly sd: ArrayLike<number>;
}

/** A weight that is a random choice; `null` in place of what does not exist. */
export interface WeightSummary extends WeightDescription {
  /** The mean over the elements of the prior's standard deviation. */
  readonly priorSd: number | null;
  /** The mean over the elements of the posterior's standard deviation. */
  readonly posteriorSd: number | null;
  /** The share of elements whose |mean| is below their standard deviation: these could as well be zero (Graves, 2011). */
  readonly lowSignal: number | null;
}

/**
 * A line for each weight; those that are no random choice have neither prior nor posterior.
 *
 * @param momentsOf - of a weight under the posterior; null for one of which they are not known.
 */
export function summariseWeights(net: BayesianNet, momentsOf: (name: string) => WeightMoments | null): WeightSummary[] {
  return net.weights.map((weight) => ({ ...weight, priorSd: priorDeviation(net, weight.name), ...summaryOf(momentsOf(weight.name)) }));
}

/** Draws that moments are estimated from where they have no closed form. */
const NUM_DRAWS = 200;

/**
 * The moments of all weights under a guide: in closed form if it has a distribution for each weight by itself, else from draws.
 *
 * @param draw - values of weights by name, to be called in a `tidy`.
 */
export function momentsOfGuide(guide: Guide, draw: () => Readonly<Record<string, Tensor>>): Map<string, WeightMoments> {
  return closedForm(guide) ?? fromDraws(draw);
}

function closedForm(guide: Guide): Map<string, WeightMoments> | null {
  const detach: unknown = Reflect.get(guide, 'getDetachedDistributions');
  if (typeof detach !== 'function') return null;
  const moments = new Map<string, WeightMoments>();
  try {
    tf.tidy(() => {
      const distributions = Reflect.apply(detach, guide, []) as Record<string, dist.Distribution>;
      for (const [name, { mean, variance }] of Object.entries(distributions)) {
        moments.set(name, { mean: mean.dataSync(), sd: tf.sqrt(variance).dataSync() });
      }
    });
    return moments;
  } catch {
    // Of a transformed distribution moments may be unknown.
    return null;
  }
}

function fromDraws(draw: () => Readonly<Record<string, Tensor>>): Map<string, WeightMoments> {
  const running = new Map<string, { readonly mean: Float64Array; readonly squares: Float64Array }>();
  for (let n = 1; n <= NUM_DRAWS; n++) {
    tf.tidy(() => {
      for (const [name, value] of Object.entries(draw())) {
        const all = running.get(name) ?? { mean: new Float64Array(value.size), squares: new Float64Array(value.size) };
        running.set(name, all);
        value.dataSync().forEach((x, i) => welford(all, i, x, n));
      }
    });
  }
  return new Map([...running].map(([name, { mean, squares }]) => [name, { mean, sd: squares.map((sum) => Math.sqrt(sum / (NUM_DRAWS - 1))) }]));
}

/** Takes the n-th value of element `i` into its mean and its sum of squares around it (Welford, 1962). */
function welford({ mean, squares }: { readonly mean: Float64Array; readonly squares: Float64Array }, i: number, x: number, n: number): void {
  const before = x - (mean[i] ?? 0);
  mean[i] = (mean[i] ?? 0) + before / n;
  squares[i] = (squares[i] ?? 0) + before * (x - (mean[i] ?? 0));
}

function summaryOf(moments: WeightMoments | null): Pick<WeightSummary, 'posteriorSd' | 'lowSignal'> {
  if (moments === null) return { posteriorSd: null, lowSignal: null };
  const { mean, sd } = moments;
  let [sum, low] = [0, 0];
  for (let i = 0; i < sd.length; i++) {
    const deviation = sd[i] ?? Number.NaN;
    sum += deviation;
    if (Math.abs(mean[i] ?? Number.NaN) < deviation) low++;
  }
  return { posteriorSd: sum / sd.length, lowSignal: low / sd.length };
}

function priorDeviation(net: BayesianNet, name: string): number | null {
  const prior = net.priorOf(name);
  if (prior === null) return null;
  let deviation = Number.NaN;
  try {
    tf.tidy(() => {
      deviation = tf.mean(tf.sqrt(prior.variance)).dataSync()[0] ?? Number.NaN;
    });
  } catch {
    // A family without a closed form, or a prior that was disposed of.
    return null;
  }
  return Number.isFinite(deviation) ? deviation : null;
}
