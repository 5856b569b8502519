/** @file The noise of a likelihood, if it has any: known, or to be estimated. */
import * as tf from '@tensorflow/tfjs-core';
import { ParamStore, handlers } from '@tychejs/ppl';
import type { SampleArray } from '@tychejs/ppl';
import { HomoskedasticGaussian } from '../likelihoods/homoskedasticGaussian.ts';
import type { LatentValues, Likelihood } from '../likelihoods/likelihood.ts';

/** The noise of a Gaussian likelihood as Laplace's approximation needs it: its variance, if known, and latents to predict with; nothing for others. */
export class NoiseOfFamily<P> {
  /** `null` if it is unknown; 1 for likelihoods without noise. */
  readonly knownVariance: number | null;
  /** What the likelihood calls what it does not know: `scale` or `precision`. */
  private readonly unknown: string | null;

  /** @throws Error for noise that is not the same for all targets. */
  constructor(where: string, likelihood: Likelihood<P>) {
    this.unknown = unknownOf(likelihood);
    if (this.unknown !== null) this.knownVariance = null;
    else this.knownVariance = likelihood instanceof HomoskedasticGaussian ? knownVariance(where, likelihood) : 1;
  }

  /** What the likelihood is to be told of a variance; nothing if it knows it. */
  latents(variance: number): LatentValues {
    return this.unknown === null ? {} : { [this.unknown]: tf.scalar(this.level(variance)) };
  }

  /** The same for each of `count` draws. */
  samples(variance: number, count: number): Record<string, SampleArray> {
    if (this.unknown === null) return {};
    return { [this.unknown]: { data: new Float64Array(count).fill(this.level(variance)), shape: [count] } };
  }

  private level(variance: number): number {
    return this.unknown === 'precision' ? 1 / variance : Math.sqrt(variance);
  }
}

/** What is sampled, or is a parameter. */
function unknownOf<P>(likelihood: Likelihood<P>): string | null {
  const store = new ParamStore();
  const latents = (): LatentValues => handlers.paramStore({ store }).run(() => likelihood.sampleLatents());
  try {
    const [name = null] = tf.tidy(() => Object.keys(latents()) as never) as string[];
    return name;
  } finally {
    store.clear();
  }
}

function knownVariance(where: string, likelihood: HomoskedasticGaussian): number {
  const scales = tf.tidy(() => [...likelihood.predictionsFrom(tf.scalar(0), {}).scale.dataSync()] as never) as number[];
  const [scale = 0] = scales;
  if (scales.length === 1) return scale ** 2;
  throw new Error(`${where}: the likelihood's scale has ${scales.length} numbers, but must be one for all targets`);
}
