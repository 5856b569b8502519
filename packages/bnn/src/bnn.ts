/** @file Bayesian neural networks, trained by variational inference. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { checkOptions, handlers } from '@tychejs/ppl';
import type { FileSource, ParamStore, Trace } from '@tychejs/ppl';
import { BayesianNet } from './bayesianNet.ts';
import { copyNet } from './copyNet.ts';
import type { FitOptions, FitResult } from './fit.ts';
import { fit } from './fit.ts';
import type { FitData } from './fitData.ts';
import { autoNormal } from './guides/autoNormal.ts';
import type { Guide, GuideBuilder, GuideClass } from './guides/guide.ts';
import { buildGuide } from './guides/guide.ts';
import type { ForwardOptions, LiftedNet, Net, NetInput } from './lift/net.ts';
import { Likelihood } from './likelihoods/likelihood.ts';
import type { NetDescription } from './netDescription.ts';
import { guideText, likelihoodText } from './netDescription.ts';
import type { SavedNet } from './netFile.ts';
import { loadNet, netToBytes, saveNet } from './netFile.ts';
import type { PredictOptions } from './predictions.ts';
import { Predictions } from './predictions.ts';
import { Prior } from './priors/prior.ts';
import type { ProbabilisticNet } from './probabilisticNet.ts';
import { SitePrefix } from './sitePrefix.ts';
import { Trainer } from './trainer.ts';
import type { WeightSummary } from './weightSummary.ts';
import { momentsOfGuide, summariseWeights } from './weightSummary.ts';

export interface VariationalBNNOptions<P, G extends Guide = Guide> {
  readonly net: Net;
  readonly prior: Prior;
  readonly likelihood: Likelihood<P>;
  /**
   * The guide over the weights: `guides.autoNormal()`, a class of automatic guides such as `AutoDelta`, or a function
   * that makes one. `null` trains all weights by maximum likelihood; the prior is not looked at then.
   */
  readonly guide: GuideBuilder<G> | GuideClass<G> | null;
  /** The guide over the unknowns of the likelihood, if it has any; `guides.autoNormal()` by default. */
  readonly likelihoodGuide?: GuideBuilder | GuideClass;
  /** Begins the names of all sites, as handlers see them: `NAME.dense1.kernel`, `NAME.likelihood.data`. */
  readonly name?: string;
}

const KEYS: readonly string[] = ['net', 'prior', 'likelihood', 'guide', 'likelihoodGuide', 'name'];

/**
 * A network whose weights have a posterior distribution, approximated by a guide.
 *
 * Its parameters live in a store of its own, so that two networks never share any; the network given stays as it is. The
 * model samples the weights that the prior exposes (`dense1.kernel`), reads the others as parameters, and observes the
 * targets at `likelihood.data`.
 *
 * @typeParam P - what the likelihood predicts.
 * @typeParam G - the guide.
 */
export class VariationalBNN<P, G extends Guide = Guide> implements ProbabilisticNet<P> {
  readonly likelihood: Likelihood<P>;
  /** The guide over the weights; `null` for maximum likelihood. Its methods know the weights by their names in the net. */
  readonly guide: G | null;
  /** The guide over the likelihood's unknowns; `null` if it has none. */
  readonly likelihoodGuide: Guide | null;
  /** The parameters of the guides, and the weights that have no prior. */
  readonly paramStore: ParamStore;
  private readonly net: BayesianNet;
  private readonly name: string;
  private readonly predictions: Predictions<P>;
  private readonly trainer: Trainer;

  /**
   * @throws TypeError when an option is missing, unknown or of the wrong kind.
   * @throws Error when the prior's filter or shapes do not fit the network.
   */
  constructor(options: VariationalBNNOptions<P, G>) {
    checkKinds(this.where, options);
    const { net, prior, likelihood, guide, likelihoodGuide, name = '' } = options;
    this.name = name;
    this.likelihood = likelihood;
    this.net = new BayesianNet(net, guide === null ? null : prior);
    this.paramStore = this.net.paramStore;
    this.guide = guide === null ? null : this.net.guideBy(`${this.where}: guide`, guide);
    this.likelihoodGuide = this.makeLikelihoodGuide(likelihoodGuide);
    this.predictions = new Predictions<P>({
      draw: (x) => this.named(() => this.drawPrediction(x)),
      likelihood,
      closure: this.net.closure,
    });
    this.net.createParameters(() => {
      this.sampleGuides();
      this.net.unknownsOf(likelihood);
    });
    this.trainer = new Trainer(
      (x, y, size) => this.named(() => this.model(x, y, size)),
      () => this.named(() => this.sampleGuides()),
    );
  }

  /** The network as a function of its weights, for what builds on one that is trained. */
  get lifted(): LiftedNet {
    return this.net.lifted;
  }

  /** The weights that are sampled, by name; the others are parameters. */
  get siteNames(): string[] {
    return this.net.siteNames;
  }

  /** What the network is made of: its weights with their priors, guide and likelihood. */
  get description(): NetDescription {
    return { weights: this.net.weights, guide: guideText(this.guide), likelihood: likelihoodText(this.likelihood as Likelihood<never>) };
  }

  /** Where each weight is, and how wide, under the prior and under the guide: plain numbers. */
  weightSummary(): WeightSummary[] {
    const { guide, net } = this;
    const draw = (): Record<string, Tensor> => Object.fromEntries(traceOf(guide ?? (() => null)).stochasticSites().map(({ name, value }) => [name, value]));
    const moments = guide === null ? null : momentsOfGuide(guide, draw);
    return summariseWeights(net, (name) => moments?.get(name) ?? null);
  }

  /**
   * Trains guide and parameters on `data`, which are scaled to `likelihood.datasetSize`, or else to their own number.
   * Handlers in force at the call stay in force, as in `localReparameterization().run(() => bnn.fit(...))`. Layers act as in
   * training: dropout drops, batch normalisation uses (and keeps statistics of) each batch.
   *
   * @returns the loss of each epoch: the mean of -ELBO over its steps; and how these were run, compiled or eagerly.
   * @throws TypeError, RangeError for options and data that are of the wrong kind; Error for shapes that do not fit, a
   * loss that is not finite or a checkpoint of other training; the signal's reason when it is aborted.
   */
  async fit(data: FitData, options: FitOptions): Promise<FitResult> {
    const { net, trainer, likelihood } = this;
    net.checkPriors('bnn.fit');
    return fit({ where: 'bnn.fit', datasetSize: likelihood.datasetSize, trainer, net: this.saved }, data, options);
  }

  /**
   * Predicts the targets at `x`, with weights drawn from the guide, and layers as in prediction. Nothing is changed.
   *
   * @returns what the likelihood predicts: `{ mean, scale }` from Gaussian ones (`scale` is the standard deviation of the
   * targets, noise and doubt about the weights together), logits from `categorical` and `bernoulli`. With `aggregate:
   * false`, the predictions of all draws along a new first dimension. The tensors are the caller's.
   */
  predict(x: NetInput, options: PredictOptions): P {
    return this.predictions.predict(x, options);
  }

  /**
   * How good the aggregated prediction is on data, on average over them.
   *
   * @returns `error`: the mean squared distance (summed over a target's dimensions), or the share of wrong classes;
   * `logLikelihood`: the mean over the data of log p(y | aggregated prediction). For classes that prediction is the mixture
   * of all draws itself, for Gaussian likelihoods the normal distribution with the mixture's mean and variance.
   */
  evaluate(x: NetInput, y: Tensor, options: Omit<PredictOptions, 'aggregate'>): { error: number; logLikelihood: number } {
    return this.predictions.evaluate(x, y, options);
  }

  /**
   * Replaces the prior, for another task. Weights that are sampled and that `prior` exposes get their new distribution; the
   * others keep theirs, and parameters stay parameters. Tensors of its distributions must live as long as this network uses
   * them.
   *
   * @throws Error when the prior does not fit the network; nothing is changed then.
   */
  updatePrior(prior: Prior): void {
    if (!(prior instanceof Prior)) throw new TypeError(`bnn.updatePrior: expected a prior, such as priors.iid(dist.normal(0, 1))`);
    this.net.updatePrior(prior);
  }

  /**
   * Makes the posterior so far the prior of what is learnt next: the guide's distributions as they are now, for all weights
   * that are sampled. The guide goes on from where it is. After each task, that is variational continual learning (Nguyen, Li,
   * Bui and Turner, ICLR 2018): the data of earlier tasks need not be kept.
   *
   * ```ts
   * for (const task of tasks) {
   *   await bnn.fit(task.data, { optim: optim.adam({ lr: 1e-3 }), epochs: 20, batchSize: 256 });
   *   bnn.posteriorAsPrior();
   * }
   * ```
   *
   * Weights without a prior (heads that belong to one task) are parameters in `paramStore`, and stay as they are. The likelihood
   * is scaled to the data of each call of `fit`, unless it was given a `datasetSize`.
   *
   * Of a guide with correlations, those between one weight and another (`dense1.kernel` and `dense1.bias`) are lost.
   *
   * @throws Error when the guide has no distribution for each weight by itself, as `guides.autoNormal()` has.
   */
  posteriorAsPrior(): void {
    this.net.adoptPosterior('bnn.posteriorAsPrior', this.guide);
  }

  /**
   * Writes the network to a folder, which is made if need be: `bnn.safetensors`, with the parameters of the guides, the weights
   * that have no prior, and what layers keep (moving statistics, weights that are not trained); and `model.json`, the topology of
   * a `LayersModel` as `tf.models.modelFromJSON` takes it, or `null` for a function. Each file is replaced in one step, and
   * {@link load} reads the first alone, so that it finds the old network or the new one, never a part. Prior, likelihood and
   * guide are code: what they are is written down, for {@link load} to compare, but they are not; nor is the state of an optimiser.
   *
   * @throws Error when a file cannot be written, the net's topology cannot be, or a constraint is none of `constraints`; in a
   * browser, where there are no files: see {@link toBytes}.
   */
  async save(path: string): Promise<void> {
    await saveNet(path, this.saved);
  }

  /** The content of `bnn.safetensors` as {@link save} writes it, for {@link load}: all that there is but the topology. */
  async toBytes(): Promise<Uint8Array<ArrayBuffer>> {
    return netToBytes(this.saved);
  }

  /**
   * Makes this network what was saved, to the last bit: with the same seed it predicts the same. It must have been made as
   * that one was, with the same net (weights aside), prior, likelihood and guide. The net given stays as it is.
   *
   * @param source - the path of a folder that {@link save} wrote, or what {@link toBytes} gave: bytes, an ArrayBuffer, a Blob
   * or the Response of `fetch`.
   * @throws Error when the file is damaged, or says of guide, likelihood, the families of priors, or of names, shapes or constraints
   * of parameters what is not so of this network; nothing is changed then.
   */
  async load(source: FileSource): Promise<void> {
    await loadNet(source, this.saved);
  }

  /**
   * Gives `net` what this network has learnt by maximum likelihood: its weights, and what its layers keep (moving statistics).
   * Then `net` can predict by itself, or be made Bayesian with guides that begin, and priors that lie, where it is.
   *
   * @param net - of the same build as the one that was given; it alone is changed.
   * @throws Error when weights are sampled (the guide is not `null`), or `net` is of another build; nothing is changed then.
   */
  copyTo(net: Net): void {
    copyNet('bnn.copyTo', this.net, net);
  }

  /** Frees all parameters. The network given stays. */
  dispose(): void {
    this.net.dispose();
  }

  /** Begins the messages of the constructor. */
  protected get where(): string {
    return 'VariationalBNN';
  }

  /** How layers act in predictions. */
  protected get predictionMode(): ForwardOptions {
    return { training: false };
  }

  /** What files hold of this network. */
  private get saved(): SavedNet {
    return { lifted: this.net.lifted, paramStore: this.net.paramStore, description: this.description };
  }

  /** Statements of the model, by the names in the net. */
  private model(x: NetInput, y: Tensor, datasetSize: number | undefined): void {
    const output = this.net.forward(x, { training: true });
    this.likelihood.observe(this.likelihood.predictionsFrom(output, this.net.unknownsOf(this.likelihood)), y, datasetSize);
  }

  /** Statements of the guides, which bring their own store and names. */
  private sampleGuides(): void {
    this.guide?.();
    this.likelihoodGuide?.();
  }

  private drawPrediction(x: NetInput): P {
    const guide = traceOf(() => this.sampleGuides());
    return handlers.replay({ trace: guide }).run(() => {
      const output = this.net.forward(x, this.predictionMode);
      return this.likelihood.predictionsFrom(output, this.net.unknownsOf(this.likelihood));
    });
  }

  private makeLikelihoodGuide(given: GuideBuilder | GuideClass | undefined): Guide | null {
    const sites = tf.tidy(() => traceOf(() => this.net.unknownsOf(this.likelihood)).stochasticSites().map(({ name }) => name) as never);
    if ((sites as string[]).length === 0) {
      if (given !== undefined) throw new Error(`${this.where}: likelihoodGuide is given, but the likelihood has no unknowns`);
      return null;
    }
    const context = { initLoc: {}, prefix: 'likelihoodGuide' };
    return this.net.own(buildGuide(`${this.where}: likelihoodGuide`, given ?? autoNormal(), () => this.net.unknownsOf(this.likelihood), context));
  }

  /** Runs `body` with the network's name before those of its sites. */
  private named<R>(body: () => R): R {
    return this.name === '' ? body() : new SitePrefix(this.name).run(body);
  }
}

function traceOf(body: () => unknown): Trace {
  const tracer = handlers.trace();
  tracer.run(body);
  return tracer.trace();
}

function checkKinds<P, G extends Guide>(where: string, options: VariationalBNNOptions<P, G>): void {
  if (options === undefined) throw new TypeError(`${where}: needs options { net, prior, likelihood, guide }`);
  checkOptions(where, options, KEYS);
  const { prior, likelihood, guide, name } = options;
  if (!(prior instanceof Prior)) throw new TypeError(`${where}: prior must be one of priors.*, such as priors.iid(dist.normal(0, 1))`);
  if (!(likelihood instanceof Likelihood)) {
    throw new TypeError(`${where}: likelihood must be one of likelihoods.*, such as likelihoods.homoskedasticGaussian({ scale: 0.1 })`);
  }
  if (guide === undefined) throw new TypeError(`${where}: needs a guide, such as guides.autoNormal(); for maximum likelihood, null`);
  if (name !== undefined && typeof name !== 'string') throw new TypeError(`${where}: name must be a string`);
}
