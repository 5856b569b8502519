/** @file How the weights of a network are drawn: by kernels that use all data at once, and by kernels that use mini-batches. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { infer } from '@tychejs/ppl';
import type { MCMC, McmcCheckpoint, McmcKernel, McmcOptions, RandomStream, SGMCMC, SgmcmcCheckpoint, SgmcmcKernel, SgmcmcOptions } from '@tychejs/ppl';
import type { DataSource, FitData } from './fitData.ts';
import { allData, dataSource } from './fitData.ts';
import type { NetInput } from './lift/net.ts';

/** The arguments of the model: inputs and targets, and of a mini-batch the number of data in all. */
export type NetModelArgs = [x: NetInput, y: Tensor, datasetSize?: number];

/** The model that a kernel is made for: weights, unknowns of the likelihood, and data. */
export type NetModel = (...args: NetModelArgs) => void;

/** NUTS and HMC, which use all data at once; SGLD and SGHMC, which use mini-batches. */
export type NetKernel = McmcKernel | SgmcmcKernel<NetModelArgs>;

/** Those of `infer.MCMC`. */
export interface McmcFitOptions extends McmcOptions {
  /** Goes on from `bnn.mcmc.checkpoint()` of a run with the same network, data and options; see `MCMC.resume`. */
  readonly resume?: McmcCheckpoint;
}

/** Those of `infer.SGMCMC`, but that draws are always kept. */
export interface SgmcmcFitOptions extends Omit<SgmcmcOptions, 'keepSamples'> {
  /** For data given as `{ x, y }`: how many of them each step takes, in random order; all by default. */
  readonly batchSize?: number;
  /** Goes on from `await bnn.mcmc.checkpoint()` of a run with the same network, data and options; see `SGMCMC.resume`. */
  readonly resume?: SgmcmcCheckpoint;
}

/** What `fit` can be told, by the kernel. */
export type FitOptionsOf<K extends NetKernel> = K extends McmcKernel ? McmcFitOptions : SgmcmcFitOptions;

/** What `fit` gives, by the kernel. */
export type RunOf<K extends NetKernel> = K extends McmcKernel ? MCMC : SGMCMC<NetModelArgs>;

/** Options of either kind, before they are checked. */
export type AnyFitOptions = McmcFitOptions | SgmcmcFitOptions;

/** A run that is yet to begin. */
export interface NetRun {
  readonly mcmc: MCMC | SGMCMC<NetModelArgs>;
  readonly run: () => Promise<void>;
}

const WHERE = 'bnn.fit';

/** A run on all data. @throws TypeError, RangeError for options that are of the wrong kind. */
export function fullRun(kernel: McmcKernel, data: FitData, options: AnyFitOptions): NetRun {
  if (options !== undefined && 'batchSize' in options) {
    throw new TypeError(
      `${WHERE}: batchSize is for kernels that use mini-batches, infer.SGLD and infer.SGHMC; this one follows the density of all data at once: leave it out`,
    );
  }
  const { resume, ...rest } = options as McmcFitOptions;
  const mcmc = new infer.MCMC(kernel, rest);
  const run = async (): Promise<void> => {
    const { x, y, dispose } = await allData(WHERE, data);
    try {
      await (resume === undefined ? mcmc.run(x, y) : mcmc.resume(resume, x, y));
    } finally {
      dispose();
    }
  };
  return { mcmc, run };
}

/**
 * A run on mini-batches.
 *
 * @param datasetSize - number of data in all, if it is known already.
 * @throws TypeError, RangeError for options and data that are of the wrong kind; Error when the number of data is not known.
 */
export function miniBatchRun(kernel: SgmcmcKernel<NetModelArgs>, data: FitData, options: AnyFitOptions, datasetSize: number | undefined): NetRun {
  if (options !== undefined && 'keepSamples' in options) throw new TypeError(`${WHERE}: there is no keepSamples, since predictions are made from the draws`);
  const { resume, batchSize, ...rest } = options as SgmcmcFitOptions;
  const mcmc = new infer.SGMCMC(kernel, rest);
  const source = dataSource(WHERE, data, batchSize);
  const count = datasetSize ?? source.size;
  if (count === null) {
    throw new Error(
      `${WHERE}: the number of data is not known from an iterable or dataset, but the log-likelihood of a batch must be scaled to it; ` +
        'give the likelihood a datasetSize',
    );
  }
  const batches = (_pass: number, stream: RandomStream): AsyncGenerator<NetModelArgs> => passOf(source, stream, count);
  return { mcmc, run: () => (resume === undefined ? mcmc.run({ batches }) : mcmc.resume(resume, { batches })) };
}

/** The batches of one epoch, each freed when the next is asked for. */
async function* passOf(source: DataSource, stream: RandomStream, count: number): AsyncGenerator<NetModelArgs> {
  for await (const { x, y, dispose } of source.epoch(stream)) {
    try {
      yield [x, y, count];
    } finally {
      dispose();
    }
  }
}
