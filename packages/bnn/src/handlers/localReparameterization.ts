/** @file `localReparameterization`: samples what layers put out instead of their weights. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { Handler, dist, optionalHandlerForms, warn, whenDone } from '@tychejs/ppl';
import type { Message, OperationMessage, OptionalHandlerForms } from '@tychejs/ppl';
import type { LinearArgs } from '../lift/operations/operation.ts';
import { independentNormal, momentsOf } from './moments.ts';
import type { OperationOptions } from './operationFilter.ts';
import { chooseOperations } from './operationFilter.ts';
import { SampledFrom } from './sampledFrom.ts';

const WHERE = 'handlers.localReparameterization';

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
 * kernels that are observed, fixed, or drawn from anything else stay as they are; if all do, a warning says why.
 *
 * The outputs of one kernel at several places (in a convolution, or in a layer that is used twice) share their kernel, but
 * are drawn as if they did not: each has the right distribution, but not all of them together.
 */
export class LocalReparameterizationHandler extends Handler {
  private readonly operations: ReadonlySet<string>;
  private readonly sampledFrom = new SampledFrom();
  private readonly untouched = new Map<string, string>();
  private count = 0;

  constructor(options: OperationOptions) {
    super();
    this.operations = chooseOperations(WHERE, options);
  }

  override process(message: Message): void {
    if (message.type === 'sample') this.sampledFrom.process(message);
    else if (message.type === 'operation' && this.operations.has(message.operation)) this.reparameterize(message);
  }

  override postprocess(message: Message): void {
    if (message.type === 'sample') this.sampledFrom.postprocess(message);
  }

  override run<R>(body: () => R): R {
    this.count = 0;
    this.untouched.clear();
    return whenDone(super.run(body), () => this.report());
  }

  private reparameterize(message: OperationMessage): void {
    if (message.value !== null) {
      throw new Error(`is reparameterised already: two handlers act on the operation ${message.operation}; give them different operations`);
    }
    // The operation's name says what its arguments are.
    const args = message.args as unknown as LinearArgs;
    const origin = this.sampledFrom.find(args.kernel);
    const weight = independentNormal(origin);
    if (weight === null) {
      this.untouched.set(message.name, origin === null ? 'is fixed or observed' : `is drawn from ${origin.name}`);
      return;
    }
    message.value = tf.tidy(() => this.sampleOutput(args, weight));
    this.count++;
  }

  private sampleOutput({ input, kernel, bias, linear, stream }: LinearArgs, weight: dist.Normal): Tensor {
    const { mean: kernelMean, variance: kernelVariance } = momentsOf(weight, kernel.shape);
    const drawnBias = bias === null ? null : independentNormal(this.sampledFrom.find(bias));
    const shift = bias === null || drawnBias === null ? null : momentsOf(drawnBias, bias.shape);
    const mean = linear(input, kernelMean, shift?.mean ?? bias);
    const variance = linear(tf.square(input), kernelVariance, shift?.variance ?? null);
    const deviation = tf.sqrt(tf.maximum(variance, LEAST_VARIANCE));
    const noise = dist.normal(0, 1).expand(mean.shape).rsample([], stream());
    return tf.add(mean, tf.mul(deviation, noise));
  }

  private report(): void {
    if (this.count > 0) return;
    const seen = [...this.untouched].map(([name, why]) => `the kernel of ${name} ${why}`);
    const why = seen.length === 0 ? `no operation ${[...this.operations].join(', ')} ran inside` : seen.join('; ');
    warn(`${WHERE}: had no effect: ${why}. It acts on kernels that are drawn from normal distributions, as by guides.autoNormal.`);
  }
}

/**
 * Local reparameterisation of dense and convolutional layers; see {@link LocalReparameterizationHandler}. Open it around
 * `bnn.fit` (and around `bnn.predict`, if each row of a prediction shall have noise of its own).
 *
 * ```ts
 * await handlers.localReparameterization().run(() => bnn.fit(data, { optim, epochs: 100 }));
 * ```
 */
export const localReparameterization: OptionalHandlerForms<OperationOptions, LocalReparameterizationHandler> =
  optionalHandlerForms('localReparameterization', ['operations'], (options) => new LocalReparameterizationHandler(options));
