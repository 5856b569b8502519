/** @file What tests of SVI share: estimates by seed, moments with their errors, a conjugate model. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { dist, getParamStore, handlers, param, plate, sample } from '@tychejs/ppl';
import { positive } from '../../../src/constraints/interval.ts';
import type { Elbo } from '../../../src/infer/svi/elbo.ts';

type Program = () => unknown;

/** The loss and its gradients by the unconstrained parameters, as numbers, for one seed. */
export function estimate(loss: Elbo, model: Program, guide: Program, seed: number): { loss: number; gradients: Record<string, number[]> } {
  const result = handlers.seed({ seed }).run(() => loss.lossAndGradients(model, guide, []));
  const gradients = Object.fromEntries(result.gradients.map(({ name, gradient }) => [name, [...gradient.dataSync()]]));
  const value = result.loss.dataSync()[0]!;
  tf.dispose([result.loss, result.gradients.map(({ gradient }) => gradient)]);
  return { loss: value, gradients };
}

/** The loss alone, for one seed. */
export function lossAt(loss: Elbo, model: Program, guide: Program, seed: number): number {
  const value = handlers.seed({ seed }).run(() => loss.loss(model, guide, []));
  const [number] = value.dataSync();
  value.dispose();
  return number!;
}

/** Fails unless the mean of `values` is `expected`, up to 4.5 of its standard errors and float32's rounding. */
export function expectMean(values: readonly number[], expected: number): void {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / (values.length - 1);
  const error = Math.sqrt(variance / values.length);
  expect(Math.abs(mean - expected)).toBeLessThan(4.5 * error + 1e-5 * (1 + Math.abs(expected)));
}

export interface NormalNormal {
  readonly priorMean: number;
  readonly priorSd: number;
  readonly noise: number;
  readonly data: readonly number[];
}

/** z ~ N(priorMean, priorSd), each datum ~ N(z, noise). */
export function normalNormal({ priorMean, priorSd, noise, data }: NormalNormal): () => void {
  return () => {
    const z = sample('z', dist.normal(priorMean, priorSd));
    plate('data', data.length, () => sample('x', dist.normal(z, noise), { obs: [...data] }));
  };
}

/** Mean and standard deviation of z given the data, and the logarithm of the evidence. */
export function exactPosterior({ priorMean, priorSd, noise, data }: NormalNormal): { mean: number; sd: number; logEvidence: number } {
  const precision = priorSd ** -2 + data.length * noise ** -2;
  const mean = (priorMean * priorSd ** -2 + data.reduce((a, b) => a + b, 0) * noise ** -2) / precision;
  const sd = precision ** -0.5;
  // log p(x) = log p(z) + log p(x | z) - log p(z | x), at z = mean.
  const logLikelihood = data.reduce((sum, x) => sum + logNormal(x, mean, noise), 0);
  return { mean, sd, logEvidence: logNormal(mean, priorMean, priorSd) + logLikelihood - logNormal(mean, mean, sd) };
}

export function logNormal(x: number, mean: number, sd: number): number {
  return -0.5 * ((x - mean) / sd) ** 2 - Math.log(sd) - 0.5 * Math.log(2 * Math.PI);
}

/** z ~ N(loc, scale), with parameters `loc` and `scale` that begin as given. */
export function normalGuide(loc: number, scale: number): () => void {
  return () => {
    const at = param('loc', tf.scalar(loc));
    const width = param('scale', tf.scalar(scale), { constraint: positive });
    sample('z', dist.normal(at, width));
  };
}

/** The value of a parameter in the store, as numbers. */
export function paramValue(name: string): number[] {
  const value: Tensor = getParamStore().get(name);
  const numbers = [...value.dataSync()];
  value.dispose();
  return numbers;
}
