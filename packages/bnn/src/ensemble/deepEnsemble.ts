/** @file Deep ensembles. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, currentStack, dist, guides, randomStream, withStack } from '@tychejs/ppl';
import type { optim as optimisers } from '@tychejs/ppl';
import type { VariationalBNNOptions } from '../bnn.ts';
import { VariationalBNN } from '../bnn.ts';
import type { EpochReport, FitOptions } from '../fit.ts';
import type { FitData } from '../fitData.ts';
import type { Net, NetInput } from '../lift/net.ts';
import type { Likelihood } from '../likelihoods/likelihood.ts';
import type { PredictOptions } from '../predictions.ts';
import { evaluatePredictions } from '../predictions.ts';
import { iid } from '../priors/iid.ts';
import type { Prior } from '../priors/prior.ts';
import type { ProbabilisticNet } from '../probabilisticNet.ts';
import { sameStart } from './sameStart.ts';

/** Which member a network is made for. */
export interface MemberContext {
  /** Counts from 0. */
  readonly index: number;
  /** From the random stream in force: another one for each member. For initialisers, as those of tfjs obey no other seed. */
  readonly seed: number;
}

export interface DeepEnsembleOptions<P> extends Pick<VariationalBNNOptions<P>, 'likelihood' | 'likelihoodGuide'> {
  /** Makes the network of a member, whose weights are where that begins; the ensemble owns the network. */
  readonly net: (member: MemberContext) => Net;
  /** 5 by default. */
  readonly numMembers?: number;
  /** Trains each member to a mode of the posterior under it; without a prior, by maximum likelihood. */
  readonly prior?: Prior;
}

/** How an epoch of one member has gone. */
export interface MemberEpochReport extends EpochReport {
  /** Counts from 0. */
  readonly member: number;
}

export interface EnsembleFitOptions extends Omit<FitOptions, 'optim' | 'onEpoch' | 'onCheckpoint' | 'checkpointEvery' | 'resume'> {
  /** Makes the optimiser of a member, which has state of its own: `() => optim.adam({ lr: 1e-3 })`. */
  readonly optim: () => optimisers.Optimizer;
  /** Called after each epoch of each member; training of that member stops if, and only if, it returns (or resolves to) `'stop'`. */
  readonly onEpoch?: (report: MemberEpochReport) => unknown;
}

/** {@link PredictOptions}; `numSamples` is the number of members, all by default. */
export type EnsemblePredictOptions = Omit<PredictOptions, 'numSamples'> & Partial<Pick<PredictOptions, 'numSamples'>>;

const WHERE = 'DeepEnsemble';
const FIT_KEYS: readonly string[] = ['optim', 'epochs', 'batchSize', 'onEpoch', 'numParticles', 'closedFormKl', 'engine', 'signal', 'progressBar'];

/**
 * Several networks of one kind, trained by themselves from weights of their own on batches in an order of their own. Each predicts
 * once, and where they differ is doubt: the prediction is the mixture of theirs, in equal parts. (Training on adversarial examples,
 * which the paper adds, is left out.)
 *
 * Source: Lakshminarayanan, Pritzel and Blundell, "Simple and scalable predictive uncertainty estimation using deep ensembles"
 * (NeurIPS 2017).
 *
 * @typeParam P - what the likelihood predicts.
 *
 * @example
 * ```ts
 * const ensemble = new DeepEnsemble({
 *   net: ({ seed }) => {
 *     const kernelInitializer = tf.initializers.glorotNormal({ seed });
 *     return tf.sequential({
 *       layers: [
 *         tf.layers.dense({ units: 50, activation: 'relu', inputShape: [1], kernelInitializer }),
 *         tf.layers.dense({ units: 2, kernelInitializer }),
 *       ],
 *     });
 *   },
 *   likelihood: likelihoods.heteroskedasticGaussian(),
 * });
 * await ensemble.fit({ x, y }, { optim: () => optim.adam({ lr: 0.01 }), epochs: 500 });
 * const { mean, scale } = ensemble.predict(x);
 * ```
 */
export class DeepEnsemble<P> implements ProbabilisticNet<P> {
  readonly likelihood: Likelihood<P>;
  /** The members: networks at a point, without doubt of their own. */
  readonly members: readonly VariationalBNN<P>[];
  private readonly nets: readonly Net[];

  /**
   * @throws TypeError, RangeError when an option is missing, unknown or of the wrong kind; Error when two members begin with the same
   * weights, or a network cannot be a member.
   */
  constructor(options: DeepEnsembleOptions<P>) {
    checkKinds(options);
    const { net, numMembers = 5, likelihood, prior, ...others } = options;
    this.likelihood = likelihood;
    const guide = prior === undefined ? null : guides.AutoDelta;
    const stream = randomStream(WHERE);
    const made: { net: Net; member: VariationalBNN<P> }[] = [];
    try {
      for (let index = 0; index < numMembers; index++) {
        const own = net({ index, seed: stream.fold(index).integer(2 ** 31) });
        const member = new VariationalBNN<P>({ ...others, net: own, likelihood, guide, prior: prior ?? iid(dist.normal(0, 1)) });
        made.push({ net: own, member });
      }
      const twins = sameStart(made.map(({ member }) => member.paramStore));
      if (twins !== null) throw new Error(`${WHERE}: ${twins}`);
    } catch (error) {
      for (const { member } of made) member.dispose();
      disposeNets(made.map((each) => each.net));
      throw error;
    }
    this.members = made.map(({ member }) => member);
    this.nets = made.map((each) => each.net);
  }

  /**
   * Trains one member after another. Data that can be gone through only once are an error with the second. Handlers in force at the
   * call stay in force; layers act as in training.
   *
   * @returns the loss of each epoch, by member: the mean over its steps of the negative log-likelihood (and log prior density) of all
   * data.
   * @throws what `VariationalBNN.fit` throws, TypeError also for an optimiser where a function is asked for; the signal's reason when
   * it is aborted: members trained by then stay so.
   */
  async fit(data: FitData, options: EnsembleFitOptions): Promise<{ losses: number[][] }> {
    const where = 'ensemble.fit';
    checkOptions(where, options, FIT_KEYS);
    const { optim, onEpoch, ...others } = options;
    if (typeof optim !== 'function') {
      throw new TypeError(`${where}: optim must be a function that makes an optimiser for each member, such as () => optim.adam({ lr: 1e-3 })`);
    }
    const stack = currentStack();
    const losses: number[][] = [];
    for (const [index, member] of this.members.entries()) {
      const report = (epoch: EpochReport): unknown => onEpoch?.({ ...epoch, member: index });
      const result = await withStack(stack, () => member.fit(data, { ...others, optim: optim(), onEpoch: report }));
      losses.push(result.losses);
    }
    return { losses };
  }

  /**
   * Predicts the targets at `x`: one prediction by each member, with layers as in prediction. Nothing is changed.
   *
   * @param options - `numSamples`: by the first so many members.
   * @returns what the likelihood predicts, as `VariationalBNN.predict` does; the tensors are the caller's.
   * @throws RangeError when there are fewer members than `numSamples`.
   */
  predict(x: NetInput, options: EnsemblePredictOptions = {}): P {
    checkOptions('ensemble.predict', options, ['numSamples', 'aggregate', 'engine']);
    return tf.tidy(() => {
      const predictions = this.each(x, options);
      return (options.aggregate === false ? predictions : this.likelihood.aggregatePredictions(predictions)) as never;
    });
  }

  /**
   * How good the aggregated prediction is on data, on average over them: `error` and `logLikelihood` as of
   * `VariationalBNN.evaluate`.
   *
   * @throws the same as {@link predict}.
   */
  evaluate(x: NetInput, y: Tensor, options: Omit<EnsemblePredictOptions, 'aggregate'> = {}): { error: number; logLikelihood: number } {
    checkOptions('ensemble.evaluate', options, ['numSamples', 'engine']);
    return evaluatePredictions(this.likelihood, () => this.likelihood.aggregatePredictions(this.each(x, options)), y);
  }

  /**
   * Writes each member to a folder in this one, `member1of5`, as `VariationalBNN.save` does.
   *
   * @throws Error when a file cannot be written, or a member's topology cannot be; in a browser, where there are no files.
   */
  async save(path: string): Promise<void> {
    for (const [index, member] of this.members.entries()) await member.save(this.folderOf(path, index));
  }

  /**
   * Makes the members what was saved. The ensemble must have been made as that one was, with as many members.
   *
   * @param path - of the folder that {@link save} wrote.
   * @throws Error when a file is missing, damaged, or of another network; nothing is changed then.
   */
  async load(path: string): Promise<void> {
    const before = await Promise.all(this.members.map((member) => member.toBytes()));
    try {
      for (const [index, member] of this.members.entries()) await member.load(this.folderOf(path, index));
    } catch (error) {
      for (const [index, member] of this.members.entries()) await member.load(before[index] as Uint8Array<ArrayBuffer>);
      throw error;
    }
  }

  /** Frees the members, with the networks that were made for them. */
  dispose(): void {
    for (const member of this.members) member.dispose();
    disposeNets(this.nets);
  }

  /** The predictions of the members, along a new first dimension. */
  private each(x: NetInput, { numSamples = this.members.length, engine = 'auto' }: EnsemblePredictOptions): P {
    if (!Number.isInteger(numSamples) || numSamples < 1) throw new RangeError(`ensemble.predict: numSamples must be a positive integer, got ${numSamples}`);
    if (numSamples > this.members.length) {
      throw new RangeError(`ensemble.predict: numSamples is ${numSamples}, but there are ${this.members.length} members, with one prediction each`);
    }
    return this.likelihood.stack(this.members.slice(0, numSamples).map((member) => member.predict(x, { numSamples: 1, engine })));
  }

  private folderOf(path: string, index: number): string {
    return `${path}/member${index + 1}of${this.members.length}`;
  }
}

function disposeNets(nets: readonly Net[]): void {
  for (const net of new Set(nets)) if ('layers' in net) net.dispose();
}

function checkKinds<P>(options: DeepEnsembleOptions<P>): void {
  if (options === undefined) throw new TypeError(`${WHERE}: needs options { net, likelihood }`);
  checkOptions(WHERE, options, ['net', 'numMembers', 'likelihood', 'prior', 'likelihoodGuide']);
  const { net, numMembers = 5 } = options;
  if (typeof net !== 'function') {
    throw new TypeError(`${WHERE}: net must be a function that makes a network for each member, such as () => tf.sequential({ layers }); got ${typeof net}`);
  }
  if (!Number.isInteger(numMembers) || numMembers < 1) throw new RangeError(`${WHERE}: numMembers must be a positive integer, got ${numMembers}`);
}
