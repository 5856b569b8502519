/** @file Layers that drop or disturb what passes, so that they obey seeds: tfjs's own take their randomness from Math.random. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, randomStream } from '@tychejs/ppl';
import type { RandomStream } from '@tychejs/ppl';
import type { Layer } from './net.ts';
import { computesLike } from './operations/operation.ts';

/** Fields of tfjs's layers that act in training only. */
interface NoisyLayer extends Layer {
  /** Of dropout layers. */
  readonly rate: number;
  /** Of `Dropout`: the shape of the mask, which broadcasts to the input's; null or undefined for the input's own. */
  getNoiseShape(input: Tensor): number[] | null | undefined;
  /** The same of `AlphaDropout`. */
  readonly noiseShape?: number[];
  /** Of `GaussianNoise`. */
  readonly stddev: number;
}

/** What a layer makes of its input in training. */
type Noise = (layer: NoisyLayer, input: Tensor, stream: RandomStream) => Tensor;

const NOISES: Readonly<Record<string, Noise>> = {
  Dropout: (layer, input, stream) => tf.mul(input, mask(layer.rate, layer.getNoiseShape(input) ?? input.shape, stream)),
  GaussianNoise: ({ stddev }, input, stream) => tf.add(normal(stddev, input.shape, stream), input),
  GaussianDropout: ({ rate }, input, stream) =>
    isShare(rate) ? tf.mul(input, tf.add(1, normal(Math.sqrt(rate / (1 - rate)), input.shape, stream))) : input,
  AlphaDropout: ({ rate, noiseShape }, input, stream) => (isShare(rate) ? alphaDropout(input, rate, noiseShape ?? input.shape, stream) : input),
};

/** The layer's `call`, with randomness from the stream in force, and not by a seed of the layer's own; `null` if it has none. */
export function seededCall(layer: Layer, name: string): Layer['call'] | null {
  const noise = Object.entries(NOISES).find(([className]) => computesLike(layer, className))?.[1];
  if (noise === undefined) return null;
  return (inputs, kwargs) =>
    tf.tidy(() => {
      const [input] = Array.isArray(inputs) ? inputs : [inputs];
      if (input === undefined) throw new Error(`layer "${name}" was called without an input`);
      return kwargs['training'] === true ? noise(layer as NoisyLayer, input, randomStream(`${name}.dropout`)) : input;
    });
}

type MaskKey = 'dropoutMask' | 'recurrentDropoutMask';

/** Where tfjs's recurrent cells keep the masks of a sequence. */
export const MASK_KEYS: readonly MaskKey[] = ['dropoutMask', 'recurrentDropoutMask'];

/**
 * What a recurrent cell multiplies with in training: a mask that stays the same until `cell[key]` is cleared, as tfjs does before it
 * goes through a sequence. A stream is kept there in place of the mask, which would not outlive the step.
 */
export function seededMask(cell: Layer, name: string, key: MaskKey, rate: number, shape: readonly number[]): Tensor | number {
  if (!isShare(rate)) return 1;
  const masks = cell as unknown as Record<MaskKey, RandomStream | null | undefined>;
  const stream = (masks[key] ??= randomStream(`${name}.${key}`));
  return mask(rate, shape, stream.copy());
}

/** As tfjs has it, a rate of 1 drops nothing. */
function isShare(rate: number): boolean {
  return rate > 0 && rate < 1;
}

/** Zero with probability `rate`, or else what makes up for that. */
function mask(rate: number, shape: readonly number[], stream: RandomStream): Tensor | number {
  return isShare(rate) ? tf.div(kept(rate, shape, stream), 1 - rate) : 1;
}

/** One, or zero with probability `rate`. */
function kept(rate: number, shape: readonly number[], stream: RandomStream): Tensor {
  return dist.bernoulli({ probs: 1 - rate }).expand(shape).sample([], stream);
}

function normal(deviation: number, shape: readonly number[], stream: RandomStream): Tensor {
  return tf.mul(deviation, dist.normal(0, 1).expand(shape).sample([], stream));
}

/** What SELU gives far below zero: -λα (Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks", 2017). */
const SATURATION = -1.0507009873554805 * 1.6732632423543772;

/**
 * What is dropped becomes {@link SATURATION}; then inputs of mean 0 and variance 1 keep both (as there, section 2). tfjs's own
 * layer puts it in with the wrong sign, which shifts the mean.
 */
function alphaDropout(input: Tensor, rate: number, shape: readonly number[], stream: RandomStream): Tensor {
  const keep = kept(rate, shape, stream);
  const mixed = tf.add(tf.mul(input, keep), tf.mul(SATURATION, tf.sub(1, keep)));
  const scale = ((1 - rate) * (1 + rate * SATURATION ** 2)) ** -0.5;
  return tf.add(tf.mul(scale, mixed), -scale * rate * SATURATION);
}
