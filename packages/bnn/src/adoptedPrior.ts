/** @file A posterior that becomes the prior of what is learnt next. */
import * as tf from '@tensorflow/tfjs-core';
import type { Guide } from './guides/guide.ts';
import { dictionary } from './priors/dictionary.ts';
import type { Distribution, Prior } from './priors/prior.ts';

/** What guides have that know the distribution of each weight by itself, with the correlations in it. */
interface DetachableGuide extends Guide {
  getDetachedDistributions(): Record<string, Distribution>;
}

/** What a guide says of the weights at one moment, as a prior. It owns its tensors. */
export class AdoptedPrior {
  readonly prior: Prior;
  private readonly distributions: Readonly<Record<string, Distribution>>;

  /** @throws Error when the guide has no distribution for each weight by itself. */
  constructor(where: string, guide: Guide | null) {
    if (!isDetachable(guide)) {
      throw new Error(
        `${where}: this network has no guide with a distribution for each weight by itself, that could be its prior; ` +
          'make it with guides.autoNormal(), or with another guide of normal distributions',
      );
    }
    this.distributions = guide.getDetachedDistributions();
    // Beyond any `tf.tidy` around.
    for (const tensor of tf.tensor_util.getTensorsInContainer(this.distributions as never)) tf.keep(tensor);
    this.prior = dictionary(this.distributions);
  }

  dispose(): void {
    tf.dispose(this.distributions as never);
  }
}

function isDetachable(guide: Guide | null): guide is DetachableGuide {
  return typeof (guide as Partial<DetachableGuide> | null)?.getDetachedDistributions === 'function';
}
