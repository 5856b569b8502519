/** @file Differentiating a batch normalisation without offset or scale. */
import type { Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { mendKernel } from '../kernels.ts';

/**
 * tfjs saves all inputs of the kernel for its gradient, also those that were not given, and crashes. Before it does, the
 * kernel gets to put its list of inputs in order: a missing scale is a one, a missing offset not an input.
 */
export function mendBatchNorm(): void {
  for (const backend of ['cpu', 'wasm', 'webgl', 'webgpu', 'tensorflow']) {
    mendKernel(backend, tf.FusedBatchNorm, (original) => (call) => {
      if (original === null) throw new Error(`the ${backend} backend has no batch normalisation`);
      const inputs = call.inputs as Record<string, TensorInfo | undefined> & Record<'mean', Tensor>;
      const result = original(call);
      // Belongs to the scope of `tf.batchNorm`, which disposes it.
      if (inputs['scale'] === undefined) inputs['scale'] = tf.ones(inputs.mean.shape);
      if (inputs['offset'] === undefined) delete inputs['offset'];
      return result;
    });
  }
}
