/** @file Log-likelihoods as `loo` and `waic` take them: one column of draws an observation. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import { shapeOf, format, sizeOf } from '../../util/shape.ts';
import type { Program } from '../svi/loss.ts';
import { pointwiseLogLikelihood } from './logLikelihood.ts';
import { numbersOf, type PosteriorSamples } from './posteriorDraws.ts';

/**
 * Log-likelihoods of n observations: a tensor, nested arrays, or row-major numbers with their shape; `[draw, n]`, or
 * `[chain, draw, n]`, which tells how well the chains mixed.
 */
export type LogLikelihoods = Tensor | TensorLike | { readonly data: Float64Array | Float32Array; readonly shape: readonly number[] };

/** Log-likelihoods by observation. */
export class LogLikelihoodMatrix {
  readonly numObservations: number;
  /** Of all chains together. */
  readonly numDraws: number;
  /** Null when it is not known which draws are of one chain. */
  readonly numChains: number | null;
  private readonly data: ArrayLike<number>;

  /** @throws TypeError or RangeError, beginning with `where`, for what has another rank, no draws or observations, or a NaN. */
  constructor(where: string, data: ArrayLike<number>, shape: readonly number[]) {
    const [numObservations = 0, draws = 0, chains] = shape.toReversed();
    if (shape.length < 2 || shape.length > 3) {
      throw new TypeError(`${where}: log-likelihoods must be of shape [draw, n] or [chain, draw, n], got ${format(shape)}; reshape them`);
    }
    this.data = data;
    this.numObservations = numObservations;
    this.numChains = chains ?? null;
    this.numDraws = draws * (chains ?? 1);
    if (data.length !== sizeOf(shape)) throw new RangeError(`${where}: shape ${format(shape)} has ${sizeOf(shape)} entries, got ${data.length} numbers`);
    if (data.length === 0) throw new RangeError(`${where}: there are no log-likelihoods: their shape is ${format(shape)}`);
    for (let i = 0; i < data.length; i++) {
      if (Math.abs(data[i] as number) < Infinity) continue;
      const [draw, observation] = [Math.floor(i / numObservations), i % numObservations];
      throw new RangeError(`${where}: the log-likelihood of observation ${observation} in draw ${draw} is ${data[i]}; all must be finite`);
    }
  }

  /** The draws of one observation, chain after chain. */
  column(observation: number): Float64Array {
    const { data, numObservations } = this;
    const column = new Float64Array(this.numDraws);
    for (let draw = 0; draw < column.length; draw++) column[draw] = data[draw * numObservations + observation] as number;
    return column;
  }
}

/**
 * The log-likelihoods that `loo` and `waic` were given, or those of the one observed site of the model that they were given.
 *
 * @throws Error when the model has several observed sites; what `logLikelihood` throws.
 */
export async function readLogLikelihoods(
  where: string,
  given: LogLikelihoods | Program<never[]>,
  rest: readonly unknown[],
): Promise<LogLikelihoodMatrix> {
  if (typeof given === 'function') {
    const [samples, ...args] = rest;
    return ofModel(where, given as Program<unknown[]>, samples as PosteriorSamples, args);
  }
  if (typeof given !== 'object' || given === null) {
    throw new TypeError(`${where}: takes log-likelihoods, or a model with draws of its posterior; got ${given === null ? 'null' : typeof given}`);
  }
  if (!isArrayLike(given)) throw new TypeError(`${where}: takes the log-likelihoods of one site, as in logLikelihood(...).y`);
  const { data, shape } = await numbersOf(given);
  return new LogLikelihoodMatrix(where, data, shape);
}

async function ofModel(where: string, model: Program<unknown[]>, samples: PosteriorSamples, args: unknown[]): Promise<LogLikelihoodMatrix> {
  const sites = await pointwiseLogLikelihood(where, model, samples, args);
  const observations = [...sites].filter(([, { isFactor }]) => !isFactor);
  const candidates = observations.length > 0 ? observations : [...sites];
  const [first, ...others] = candidates;
  if (first === undefined || others.length > 0) {
    const names = candidates.map(([name]) => `"${name}"`).join(', ');
    throw new Error(
      `${where}: the model observes ${names}: what is one observation is for you to say. Take infer.logLikelihood(...), add or ` +
        'concatenate its tensors to one of shape [draw, n], and pass that.',
    );
  }
  const { data, drawShape, shape } = first[1];
  return new LogLikelihoodMatrix(where, data, [...drawShape, sizeOf(shape)]);
}

function isArrayLike(given: object): given is Exclude<LogLikelihoods, number | string | boolean> {
  return Array.isArray(given) || ArrayBuffer.isView(given) || ('shape' in given && ('data' in given || shapeOf(given as Tensor).length >= 0));
}
