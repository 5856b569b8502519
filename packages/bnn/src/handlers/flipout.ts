/** @file `flipout`: one draw of the weights, turned into another one for each row by random signs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, isTracing, optionalHandlerForms } from '@tychejs/ppl';
import type { OptionalHandlerForms, RandomStream } from '@tychejs/ppl';
import type { LinearArgs } from '../lift/operations/operation.ts';
import { momentsOf } from './moments.ts';
import type { OperationOptions } from './operationFilter.ts';
import { OutputHandler } from './outputHandler.ts';

/**
 * Law: an operation whose kernel was drawn from independent normals gives
 *
 *     (input * E[kernel] + E[bias]) + ((input ∘ s) * (kernel - E[kernel]) + (bias - E[bias])) ∘ r
 *
 * with signs `s` for each input channel and `r` for each output channel of each row, drawn evenly from -1 and 1 (Wen et al.,
 * "Flipout: efficient pseudo-independent weight perturbations on mini-batches", ICLR 2018, equations 3 and 4; a bias is the
 * kernel of an input that is always 1). A normal variable less its mean may have its sign turned, so each row is computed
 * with weights of the very distribution they were drawn from; those of two rows are uncorrelated, though not independent. A
 * bias may also be fixed, or absent, or drawn from anything else: then all rows have that one.
 *
 * In compiled programs, rows of many places have their weights written out, `E[kernel] + s (kernel - E[kernel]) r`: the same
 * but for rounding, in one product for two.
 *
 * A row is an index of the first dimension: all places in a convolution, and all steps in time, have the same weights. A
 * kernel that is used several times (by a recurrent layer at each step, or a layer that is called twice) has the same signs each
 * time. Rows of an embedding have signs `r` alone. Recurrent layers do several operations, each by the law: with the input, with the
 * state, and in LSTM the bias.
 */
export class FlipoutHandler extends OutputHandler {
  // Streams, not signs, which would not outlive the operation.
  private readonly signs = new WeakMap<Tensor, RandomStream>();

  constructor(options: OperationOptions) {
    super('handlers.flipout', options);
  }

  protected override output(args: LinearArgs, weight: dist.Normal, shift: dist.Normal | null): Tensor {
    const { input, kernel, bias, linear, channelAxes } = args;
    const kernelMean = momentsOf(weight, kernel.shape).mean;
    const biasMean = bias === null || shift === null ? null : momentsOf(shift, bias.shape).mean;
    const mean = linear(input, kernelMean, biasMean ?? bias);
    const stream = this.streamOf(args);
    // An index has no sign; those of the output do alone, as rows of a table are drawn apart.
    const inSigns = channelAxes.input === null ? null : randomSigns(signShape(input.shape, channelAxes.input), stream);
    const outSigns = randomSigns(signShape(mean.shape, channelAxes.output), stream);
    const [deviation, biasDeviation] = [tf.sub(kernel, kernelMean), bias === null || biasMean === null ? null : tf.sub(bias, biasMean)];
    if (linear.perRow !== undefined && inSigns !== null && hasFewWeights(kernel.shape, mean.shape) && isTracing()) {
      // s and r of an image as the two channel axes of its kernel; the product above is left out of the program.
      const signs = tf.mul(channelsOf(inSigns, kernel.rank, -2), channelsOf(outSigns, kernel.rank, -1));
      const y = linear.perRow(input, tf.add(kernelMean, tf.mul(deviation, signs)));
      const shifted = bias === null ? y : tf.add(y, biasMean ?? bias);
      return biasDeviation === null ? shifted : tf.add(shifted, tf.mul(biasDeviation, outSigns));
    }
    const perturbation = linear(inSigns === null ? input : tf.mul(input, inSigns), deviation, biasDeviation);
    return tf.add(mean, tf.mul(perturbation, outSigns));
  }

  /** A stream that stands where it stood when this kernel was first used. */
  private streamOf({ kernel, stream }: LinearArgs): RandomStream {
    const begun = this.signs.get(kernel) ?? stream();
    this.signs.set(kernel, begun);
    return begun.copy();
  }
}

/** Fewer places in an image take less time for two products than for weights of their own. */
const FEWEST_PLACES = 32;

/** The most weights of a layer, all rows together: 64 MiB of float32, and as much again for their gradient. */
const MOST_WEIGHTS = 2 ** 24;

/** Whether each row may as well have its weights written out. */
function hasFewWeights(kernel: readonly number[], output: readonly number[]): boolean {
  const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);
  const [rows = 0] = output;
  return sizeOf(output.slice(1, -1)) >= FEWEST_PLACES && rows * sizeOf(kernel) <= MOST_WEIGHTS;
}

/** What is [rows, 1, ..., channels] as [rows, ...1], with the channels along an axis of a kernel of this rank. */
function channelsOf(signs: Tensor, rank: number, axis: number): Tensor {
  const [rows = 0, ...rest] = signs.shape;
  const shape = Array.from({ length: rank }, (_, i) => (i === rank + axis ? (rest.at(-1) ?? 1) : 1));
  return tf.reshape(signs, [rows, ...shape]);
}

/** A sign for each row and channel, to be broadcast over what lies between. */
function signShape(shape: readonly number[], channelAxis: number): number[] {
  const channels = channelAxis < 0 ? shape.length + channelAxis : channelAxis;
  return shape.map((size, axis) => (axis === 0 || axis === channels ? size : 1));
}

/** -1 or 1, as float32. Uniform draws on (-1, 1) are odd multiples of 2^-23, so that none is zero. */
function randomSigns(shape: readonly number[], stream: RandomStream): Tensor {
  return tf.sign(dist.uniform(-1, 1).expand(shape).sample([], stream));
}

/**
 * Flipout for dense, convolutional, recurrent and embedding layers, and for `linear(...)`; see {@link FlipoutHandler}. Open it around `bnn.fit`, for gradients that vary
 * less, and around `bnn.predict` if each row of a prediction shall have weights of its own. Unlike
 * `localReparameterization` it keeps what all outputs of one row have in common.
 *
 * ```ts
 * await handlers.flipout().run(() => bnn.fit(data, { optim, epochs: 100 }));
 * ```
 *
 * @throws TypeError for operations that are unknown; inside, SiteError where another handler acts on the same operation.
 */
export const flipout: OptionalHandlerForms<OperationOptions, FlipoutHandler> = optionalHandlerForms(
  'flipout',
  ['operations'],
  (options) => new FlipoutHandler(options),
);
