/** @file Draws of latent sites, from one chain or several, as log-likelihoods are computed from them. */
import type { Tensor, TensorLike } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { canReadSynchronously } from '../../distributions/parameter.ts';
import { flattened } from '../../ops/toFloat.ts';
import type { SampleMessage } from '../../runtime/message.ts';
import { SiteError } from '../../runtime/siteError.ts';
import { format, sameShape, shapeOf, sizeOf } from '../../util/shape.ts';
import type { SiteDraws } from '../predictive/drawSource.ts';
import type { DrawTable, SiteLayout } from './siteDensities.ts';

/** Draws by site: of shape `[draw, ...site shape]`, or `[chain, draw, ...site shape]`, all alike. */
export type PosteriorSamples = Readonly<Record<string, SiteDraws>>;

/** The draws of one site at full precision, row by row. */
interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** Draws of latent sites, whose leading dimensions are known once a model has asked for them. */
export class PosteriorDraws implements DrawTable {
  readonly cure: string = 'give some under this name, or condition the model on its value';
  private readonly draws: ReadonlyMap<string, Numbers>;
  private leading: readonly number[] | null = null;

  private constructor(draws: ReadonlyMap<string, Numbers>) {
    this.draws = draws;
  }

  /** @throws TypeError or Error, beginning with `where`, for what are no draws. */
  static async read(where: string, samples: PosteriorSamples): Promise<PosteriorDraws> {
    if (typeof samples !== 'object' || samples === null || Array.isArray(samples)) {
      throw new TypeError(`${where}: posteriorSamples must be an object with the draws of each site, as mcmc.getSamples() gives`);
    }
    const draws = new Map<string, Numbers>();
    for (const [name, given] of Object.entries(samples)) {
      const numbers = await numbersOf(given);
      if (numbers.data.length !== sizeOf(numbers.shape)) {
        throw new Error(`${where}: posteriorSamples has ${numbers.data.length} numbers for "${name}", whose shape is ${format(numbers.shape)}`);
      }
      draws.set(name, numbers);
    }
    return new PosteriorDraws(draws);
  }

  get names(): string[] {
    return [...this.draws.keys()];
  }

  /** `[draws]` or `[chains, draws]`; null before {@link find} has found any. */
  get drawShape(): readonly number[] | null {
    return this.leading;
  }

  /**
   * Whether there are draws of a site.
   *
   * @throws SiteError when they are not of its shape, or not as many as of other sites.
   */
  find(message: SampleMessage): boolean {
    const numbers = this.draws.get(message.name);
    if (numbers === undefined) return false;
    const { batchShape, eventShape } = message.distribution;
    const shape = [...batchShape, ...eventShape];
    const rank = numbers.shape.length - shape.length;
    if ((rank !== 1 && rank !== 2) || !sameShape(numbers.shape.slice(rank), shape)) {
      throw new SiteError(
        message,
        `its shape is ${format(shape)}, but posteriorSamples has draws of shape ${format(numbers.shape)}: expected [draw, ...] or ` +
          '[chain, draw, ...] and then the shape of the site',
      );
    }
    const leading = numbers.shape.slice(0, rank);
    this.leading ??= leading;
    if (sameShape(leading, this.leading)) return true;
    throw new SiteError(message, `posteriorSamples has draws ${format(leading)} of it, but ${format(this.leading)} of other sites`);
  }

  /** Writes draw `index` of the sites of `layout`, one after another, to `values`; of several chains, they follow each other. */
  fill(layout: readonly SiteLayout[], index: number, values: Float64Array): void {
    for (const { name, offset, size } of layout) {
      const data = this.draws.get(name)?.data ?? [];
      for (let i = 0; i < size; i++) values[offset + i] = data[index * size + i] ?? Number.NaN;
    }
  }
}

/** The numbers of draws, and their shape; a tensor stays its owner's. */
export async function numbersOf(given: SiteDraws): Promise<Numbers> {
  if (given instanceof tf.Tensor) {
    const tensor: Tensor = given;
    return { data: canReadSynchronously() ? tensor.dataSync() : await tensor.data(), shape: tensor.shape };
  }
  if (typeof given === 'object' && 'data' in given && 'shape' in given) return given;
  return { data: flattened(given as TensorLike, shapeOf(given as TensorLike)), shape: shapeOf(given as TensorLike) };
}
