/** @file Gamma draws that can be differentiated in their concentration. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { RandomStream } from '../random/stream.ts';
import { gammaTensor, logGammaTensor } from '../random/tensors.ts';
import type { BinaryOp, Operand } from './elementwise.ts';
import { defineElementwise } from './elementwise.ts';
import { toFloat } from './toFloat.ts';
import * as scalar from './scalar/gammainc.ts';
import { second } from './scalar/table.ts';

/**
 * The derivative in `alpha` of a draw from Gamma(alpha, 1), as if made by inverting the distribution function; accurate
 * for alpha from 1e-2 to 1e4. It cannot itself be differentiated.
 *
 * Source: Figurnov, Mohamed, Mnih (2018), "Implicit reparameterization gradients", equation 5.
 */
export const gammaSampleGradient: BinaryOp = defineElementwise({
  kernelName: 'RandomGammaGrad',
  inputs: ['alpha', 'sample'],
  f: scalar.gammaSampleGradient,
});

const pathwise: BinaryOp = defineElementwise({
  kernelName: 'PathwiseGamma',
  inputs: ['alpha', 'sample'],
  f: second,
  derivatives: (dy, alpha, sample) => [() => tf.mul(dy, gammaSampleGradient(alpha, sample)), () => tf.clone(dy)],
});

const pathwiseLog: BinaryOp = defineElementwise({
  kernelName: 'PathwiseLogGamma',
  inputs: ['alpha', 'logSample'],
  f: second,
  derivatives: (dy, alpha, logSample) => [
    () => tf.mul(dy, logGammaSampleGradient(alpha, logSample)),
    () => tf.clone(dy),
  ],
});

const logGammaSampleGradient: BinaryOp = defineElementwise({
  kernelName: 'RandomLogGammaGrad',
  inputs: ['alpha', 'logSample'],
  f: scalar.logGammaSampleGradient,
});

/**
 * Draws from Gamma(alpha, 1), one for each entry of `alpha` (> 0), differentiable in `alpha` by implicit
 * reparameterisation.
 */
export function randomGamma(stream: RandomStream, alpha: Operand): Tensor {
  return tf.tidy(() => {
    const concentration = toFloat(alpha);
    return pathwise(concentration, gammaTensor(stream, concentration));
  });
}

/**
 * The logarithms of draws from Gamma(alpha, 1), differentiable as {@link randomGamma} is. For small `alpha` the draws
 * themselves underflow (at 0.01, one in three is below 1e-45) while their logarithms do not: Beta and Dirichlet draws are
 * to be made from these.
 */
export function randomLogGamma(stream: RandomStream, alpha: Operand): Tensor {
  return tf.tidy(() => {
    const concentration = toFloat(alpha);
    return pathwiseLog(concentration, logGammaTensor(stream, concentration));
  });
}
