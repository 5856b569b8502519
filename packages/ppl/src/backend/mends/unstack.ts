/** @file The gradient of `unstack` into a single tensor, as `tf.linalg.bandPart` of one matrix does. */
import * as tf from '@tensorflow/tfjs-core';

/** tfjs hands a gradient of one result over without an array around it, which its own function does not expect. */
export function mendUnstack(): void {
  tf.registerGradient({
    kernelName: tf.Unpack,
    gradFunc: (dy, _saved, attrs) => ({ value: () => tf.stack([dy].flat(), attrs['axis'] as number) }),
  });
}
