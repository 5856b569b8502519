/** @file Dropout that obeys seeds: tfjs's own takes its randomness from Math.random. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, randomStream } from '@tychejs/ppl';
import type { Layer } from './net.ts';

/** Fields of tfjs's dropout layers. */
interface DropoutLayer extends Layer {
  readonly rate: number;
  /** The shape of the mask, which broadcasts to the input's; null or undefined for the input's own. */
  getNoiseShape(input: Tensor): number[] | null | undefined;
}

/** The layer's `call`, with elements dropped as the random stream in force says. The layer's own seed is not used. */
export function seededDropout(layer: Layer, name: string): Layer['call'] {
  const dropout = layer as DropoutLayer;
  return (inputs, kwargs) =>
    tf.tidy(() => {
      const [input] = Array.isArray(inputs) ? inputs : [inputs];
      if (input === undefined) throw new Error(`layer "${name}" was called without an input`);
      // As tfjs has it, a rate of 1 drops nothing.
      const keep = 1 - dropout.rate;
      if (kwargs['training'] !== true || keep <= 0 || keep >= 1) return input;
      const shape = dropout.getNoiseShape(input) ?? input.shape;
      const kept = dist.bernoulli({ probs: keep }).expand(shape).sample([], randomStream(`${name}.dropout`));
      return tf.mul(input, tf.div(kept, keep));
    });
}
