/** @file What an initialisation strategy is. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Distribution } from '../../distributions/distribution.ts';
import type { RandomStream } from '../../random/stream.ts';
import type { InferConfig } from '../../runtime/message.ts';

/** What a strategy knows of a latent site. */
export interface InitSite {
  readonly name: string;
  readonly distribution: Distribution;
  /** The notes of the statement. */
  readonly infer?: InferConfig;
}

/** Gives a latent site its first value: in its support, of shape `batchShape + eventShape`. */
export type SiteInit = (site: InitSite, stream: RandomStream) => Tensor;
