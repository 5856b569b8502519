/** @file Likelihoods whose predictions are the network's outputs as they are. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Likelihood } from './likelihood.ts';

export abstract class OutputLikelihood extends Likelihood<Tensor> {
  override predictionsFrom(output: Tensor): Tensor {
    return output;
  }

  override stack(predictions: readonly Tensor[]): Tensor {
    return tf.stack([...predictions]);
  }

  protected override read(predictions: Tensor): Tensor {
    return predictions;
  }
}
