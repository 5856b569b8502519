/** @file `flipout`: one draw of the weights, turned into another one for each row by random signs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, optionalHandlerForms } from '@tychejs/ppl';
import type { OptionalHandlerForms, RandomStream } from '@tychejs/ppl';
import type { LinearArgs } from '../lift/operations/operation.ts';
import { momentsOf } from './moments.ts';
import type { OperationOptions } from './operationFilter.ts';
import { FEEDFORWARD, RECURRENT } from './operationFilter.ts';
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
 * A row is an index of the first dimension: all places in a convolution, and all steps in time, have the same weights. A
 * kernel that is used several times (by a layer that is called twice) has the same signs each time.
 */
export class FlipoutHandler extends OutputHandler {
  // Streams, not signs, which would not outlive the operation.
  private readonly signs = new WeakMap<Tensor, RandomStream>();

  constructor(options: OperationOptions) {
    super('handlers.flipout', [...FEEDFORWARD, ...RECURRENT], options);
  }

  protected override output(args: LinearArgs, weight: dist.Normal, shift: dist.Normal | null): Tensor {
    const { input, kernel, bias, linear, channelAxes } = args;
    const kernelMean = momentsOf(weight, kernel.shape).mean;
    const biasMean = bias === null || shift === null ? null : momentsOf(shift, bias.shape).mean;
    const mean = linear(input, kernelMean, biasMean ?? bias);
    const stream = this.streamOf(args);
    // An index has no sign; those of the output do alone, as rows of a table are drawn apart.
    const flipped = channelAxes.input === null ? input : tf.mul(input, randomSigns(signShape(input.shape, channelAxes.input), stream));
    const perturbation = linear(flipped, tf.sub(kernel, kernelMean), bias === null || biasMean === null ? null : tf.sub(bias, biasMean));
    return tf.add(mean, tf.mul(perturbation, randomSigns(signShape(mean.shape, channelAxes.output), stream)));
  }

  /** A stream that stands where it stood when this kernel was first used. */
  private streamOf({ kernel, stream }: LinearArgs): RandomStream {
    const begun = this.signs.get(kernel) ?? stream();
    this.signs.set(kernel, begun);
    return begun.copy();
  }
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
 * Flipout for dense and convolutional layers; see {@link FlipoutHandler}. Open it around `bnn.fit`, for gradients that vary
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
