/** @file What is known of each weight: under the prior, and after training. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { SampleArray, dist } from '@tychejs/ppl';
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
  const running = new Map<string, RunningMoments>();
  for (let n = 0; n < NUM_DRAWS; n++) {
    tf.tidy(() => {
      for (const [name, value] of Object.entries(draw())) {
        const moments = running.get(name) ?? new RunningMoments(value.size);
        running.set(name, moments);
        moments.add(value.dataSync());
      }
    });
  }
  return new Map([...running].map(([name, moments]) => [name, moments.result]));
}

/** The moments of a weight over draws of shape [draw, ...site shape]. */
export function momentsOfSamples({ data, shape: [count = 0] }: SampleArray): WeightMoments {
  const size = data.length / count;
  const moments = new RunningMoments(size);
  for (let draw = 0; draw < count; draw++) moments.add(data.subarray(draw * size, (draw + 1) * size));
  return moments.result;
}

/** Means and sums of squares around them, draw by draw (Welford, 1962). */
class RunningMoments {
  private readonly mean: Float64Array;
  private readonly squares: Float64Array;
  private count = 0;

  constructor(size: number) {
    this.mean = new Float64Array(size);
    this.squares = new Float64Array(size);
  }

  add(draw: ArrayLike<number>): void {
    this.count++;
    for (let i = 0; i < draw.length; i++) {
      const [x, before] = [draw[i] ?? Number.NaN, this.mean[i] ?? Number.NaN];
      const mean = before + (x - before) / this.count;
      this.mean[i] = mean;
      this.squares[i] = (this.squares[i] ?? Number.NaN) + (x - before) * (x - mean);
    }
  }

  get result(): WeightMoments {
    return { mean: this.mean, sd: this.squares.map((sum) => Math.sqrt(sum / Math.max(1, this.count - 1))) };
  }
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
