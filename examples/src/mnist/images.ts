/** @file Grey images of 28 × 28 pixels. */
import * as tf from '@tensorflow/tfjs-core';

/** The side of an image, in pixels. */
export const SIDE = 28;
/** The number of pixels. */
export const PIXELS: number = SIDE * SIDE;

/** Images one after the other, row by row. */
export interface Images {
  readonly count: number;
  /** From 0, the paper, to 255, the ink: `count` times {@link PIXELS}. */
  readonly pixels: Uint8Array;
}

export interface LabelledImages extends Images {
  /** The class of each image. */
  readonly labels: Uint8Array;
}

/** Some of the images, by their numbers. */
export function pick({ pixels, labels }: LabelledImages, chosen: readonly number[]): LabelledImages {
  const some = new Uint8Array(chosen.length * PIXELS);
  chosen.forEach((from, to) => some.set(pixels.subarray(from * PIXELS, (from + 1) * PIXELS), to * PIXELS));
  return { count: chosen.length, pixels: some, labels: Uint8Array.from(chosen, (i) => labels[i] ?? 0) };
}

/** What ink is as a network sees it; paper stays zero (Blundell et al., 2015, scale pixels in this way). */
const INK = 255 / 126;

/** The images as a network's inputs, of shape `[count, ...shape]`; the caller frees the tensor. */
export function inputsOf({ count, pixels }: Images, shape: readonly number[]): tf.Tensor {
  return tf.tensor(Float32Array.from(pixels, (grey) => (grey / 255) * INK), [count, ...shape], 'float32');
}

/** Their classes, of shape `[count]`; the caller frees the tensor. */
export function labelsOf({ labels }: LabelledImages): tf.Tensor1D {
  return tf.tensor1d(Int32Array.from(labels), 'int32');
}
