/** @file `localReparameterization`: samples what layers put out instead of their weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { dist, optionalHandlerForms } from '@tychejs/ppl';
import type { OptionalHandlerForms } from '@tychejs/ppl';
import type { LinearArgs } from '../lift/operations/operation.ts';
import { momentsOf } from './moments.ts';
import type { FeedforwardOperation, OperationOptions } from './operationFilter.ts';
import { FEEDFORWARD, RECURRENT } from './operationFilter.ts';
import { OutputHandler } from './outputHandler.ts';

/** Variances are taken to be at least this, so that the slope of their square root stays finite. */
const LEAST_VARIANCE = 1e-20;

/**
 * Law: an operation whose kernel was drawn from independent normals gives, instead of `input * kernel + bias`, independent
 * normals with that sum's mean and variance for each element of its output:
 *
 *     mean = input * E[kernel] + E[bias],    variance = input² * Var[kernel] + Var[bias].
 *
 * So each row has noise of its own, and gradients vary less (Kingma, Salimans and Welling, "Variational dropout and the
 * local reparameterization trick", NeurIPS 2015). A bias may be drawn from normals, or be fixed, or absent. Operations on
 * kernels that are observed, fixed, or drawn from anything else stay as they are; if all do, a warning says why. The two
 * kernels of a separable convolution count as two operations, one on what the other gives.
 *
 * The outputs of one kernel at several places (in a convolution, in a layer that is used twice, of a word that an embedding meets
 * twice) share their kernel, but are drawn as if they did not: each has the right distribution, but not all of them together. Recurrent
 * layers, which feed on what they gave, would thereby sum noise where one weight acts again and again; they stay as they are.
 */
export class LocalReparameterizationHandler extends OutputHandler<FeedforwardOperation> {
  constructor(options: OperationOptions<FeedforwardOperation>) {
    super('handlers.localReparameterization', options, FEEDFORWARD);
  }

  protected override reasonAgainst(operation: string): string | null {
    if (!(RECURRENT as readonly string[]).includes(operation)) return null;
    return `the weights of recurrent layers stay the same over time, which noise drawn anew at each step would not (handlers.flipout acts on ${operation})`;
  }

  protected override output(args: LinearArgs, weight: dist.Normal, shift: dist.Normal | null): Tensor {
    const { input, kernel, bias, linear, channelAxes, stream } = args;
    const { mean: kernelMean, variance: kernelVariance } = momentsOf(weight, kernel.shape);
    const drawnBias = bias === null || shift === null ? null : momentsOf(shift, bias.shape);
    const mean = linear(input, kernelMean, drawnBias?.mean ?? bias);
    // An index chooses variances as it chooses means.
    const variance = linear(channelAxes.input === null ? input : tf.square(input), kernelVariance, drawnBias?.variance ?? null);
    const deviation = tf.sqrt(tf.maximum(variance, LEAST_VARIANCE));
    const noise = dist.normal(0, 1).expand(mean.shape).rsample([], stream());
    return tf.add(mean, tf.mul(deviation, noise));
  }
}

/**
 * Local reparameterisation of dense, convolutional and embedding layers, and of `linear(...)`; see {@link LocalReparameterizationHandler}. Open it around
 * `bnn.fit` (and around `bnn.predict`, if each row of a prediction shall have noise of its own).
 *
 * ```ts
 * await handlers.localReparameterization().run(() => bnn.fit(data, { optim, epochs: 100 }));
 * ```
 *
 * @throws TypeError for operations that are unknown; inside, SiteError where another handler acts on the same operation.
 */
export const localReparameterization: OptionalHandlerForms<OperationOptions<FeedforwardOperation>, LocalReparameterizationHandler> =
  optionalHandlerForms('localReparameterization', ['operations'], (options) => new LocalReparameterizationHandler(options));
