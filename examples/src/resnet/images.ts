/** @file Colour photographs of 32 × 32 pixels, as networks take them. */
import * as tf from '@tensorflow/tfjs-core';

/** The side of a photograph, in pixels. */
export const SIDE = 32;
const CHANNELS = 3;
/** The shape of one photograph. */
export const SHAPE: readonly [number, number, number] = [SIDE, SIDE, CHANNELS];
/** How many numbers it has: red, green and blue, pixel after pixel, row after row. */
export const NUMBERS: number = SIDE * SIDE * CHANNELS;

/** Photographs one after the other, and what is on them. */
export interface Photographs {
  readonly count: number;
  /** `count` times {@link NUMBERS}, from 0 to 255. */
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

/** Some of the photographs, by their places. */
export function pick({ pixels, labels }: Photographs, places: readonly number[]): Photographs {
  const some = new Uint8Array(places.length * NUMBERS);
  places.forEach((from, to) => some.set(pixels.subarray(from * NUMBERS, (from + 1) * NUMBERS), to * NUMBERS));
  return { count: places.length, pixels: some, labels: Uint8Array.from(places, (place) => labels[place] ?? 0) };
}

/** Means and standard deviations of red, green and blue over the 50,000 photographs of CIFAR-10 for training. */
const MEAN = [125.3, 123.0, 113.9];
const DEVIATION = [63.0, 62.1, 66.7];

/**
 * Some of the photographs as a network's input, `[places.length, 32, 32, 3]`, standardised by channel; the caller frees the tensor.
 *
 * @param isMirrored - says by its place in the batch whether a photograph has left and right exchanged; none by default.
 */
export function inputsOf({ pixels }: Photographs, places: readonly number[], isMirrored: (i: number) => boolean = () => false): tf.Tensor4D {
  const numbers = new Float32Array(places.length * NUMBERS);
  places.forEach((place, i) => {
    const mirrored = isMirrored(i);
    for (let k = 0; k < NUMBERS; k++) {
      const source = mirrored ? mirror(k) : k;
      const channel = k % CHANNELS;
      numbers[i * NUMBERS + k] = ((pixels[place * NUMBERS + source] ?? 0) - (MEAN[channel] ?? 0)) / (DEVIATION[channel] ?? 1);
    }
  });
  return tf.tensor4d(numbers, [places.length, ...SHAPE]);
}

/** Where the number that comes to stand at `k` is before left and right are exchanged. */
function mirror(k: number): number {
  const [channel, column, row] = [k % CHANNELS, Math.floor(k / CHANNELS) % SIDE, Math.floor(k / (CHANNELS * SIDE))];
  return (row * SIDE + (SIDE - 1 - column)) * CHANNELS + channel;
}

/** What is on some of them, `[places.length]`; the caller frees the tensor. */
export function labelsOf({ labels }: Photographs, places: readonly number[]): tf.Tensor1D {
  return tf.tensor1d(Int32Array.from(places, (place) => labels[place] ?? 0), 'int32');
}

/** The places 0, 1, ... of all of them. */
export function allPlaces({ count }: Photographs): number[] {
  return Array.from({ length: count }, (_, place) => place);
}
