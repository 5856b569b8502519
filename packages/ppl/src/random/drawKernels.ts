/** @file Draws as tfjs kernels, elementwise in their parameters and two arrays of uniform numbers; none is differentiable. */
import type { Operand } from '../ops/elementwise.ts';
import { defineElementwise } from '../ops/elementwise.ts';
import type { Tensor } from '@tensorflow/tfjs-core';
import { keyedBernoulli, keyedBinomial, keyedGamma, keyedLogGamma, keyedPoisson, keyedVonMises } from './keyed.ts';

/** The parameters first, then the uniform numbers. */
export type DrawKernel = (...inputs: Operand[]) => Tensor;

export const bernoulliDraw: DrawKernel = defineElementwise({ kernelName: 'BernoulliDraw', inputs: ['probs', 'u', 'v'], f: keyedBernoulli });
export const binomialDraw: DrawKernel = defineElementwise({ kernelName: 'BinomialDraw', inputs: ['totalCount', 'probs', 'u', 'v'], f: keyedBinomial });
export const gammaDraw: DrawKernel = defineElementwise({ kernelName: 'GammaDraw', inputs: ['alpha', 'u', 'v'], f: keyedGamma });
export const logGammaDraw: DrawKernel = defineElementwise({ kernelName: 'LogGammaDraw', inputs: ['alpha', 'u', 'v'], f: keyedLogGamma });
export const poissonDraw: DrawKernel = defineElementwise({ kernelName: 'PoissonDraw', inputs: ['rate', 'u', 'v'], f: keyedPoisson });
export const vonMisesDraw: DrawKernel = defineElementwise({ kernelName: 'VonMisesDraw', inputs: ['loc', 'concentration', 'u', 'v'], f: keyedVonMises });
